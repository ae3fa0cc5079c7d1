import { AppError } from '../base/errors.js';
import { isTerminal } from '../protocol/task-state.js';
import { explainTask } from '../tasks/explain-task.js';
import { viewRun } from './checkpoint-view.js';
import { gatherFacts } from './gather-facts.js';
import { getRun, notFound, type RunReference } from './get-run.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

/** `POST /api/checkpoints/{taskId}/resume` (CHK-08): a held run goes on from its last commit. */
export async function resumeCheckpoint(ports: StudioPorts, run: RunReference): Promise<StudioResponse> {
  await getRun(ports, run);
  const outcome = await ports.recovery.resume(run.taskId, run.owner, ports.clock.now());
  switch (outcome.type) {
    case 'not-found':
      throw notFound(run.taskId);
    case 'not-held': {
      if (isTerminal(outcome.task.state)) throw ended(outcome.task.id, outcome.task.state);
      const { summary, next } = explainTask(outcome.task, await gatherFacts(ports, outcome.task));
      throw new AppError('CHECKPOINT_NOT_HELD', { message: `Only a held run can be resumed. ${summary} ${next}` });
    }
    case 'expired':
      await ports.publisher.publishEvents(outcome.events);
      if (outcome.next !== undefined) await ports.queue.enqueue(outcome.next, outcome.task.id);
      throw ended(outcome.task.id, outcome.task.state);
    case 'resumed':
      await ports.queue.enqueue(outcome.task);
      return { status: 200, body: viewRun(outcome.task, false) };
  }
}

export function ended(taskId: string, state: string): AppError {
  return new AppError('CHECKPOINT_ENDED', {
    message: `The run '${taskId}' has ended (${state}) and stays so; send a message without taskId to start a new one in the same context`,
  });
}
