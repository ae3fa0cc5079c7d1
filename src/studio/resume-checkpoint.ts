import { AppError } from '../base/errors.js';
import { isTerminal } from '../protocol/task-state.js';
import { explainTask } from '../tasks/explain-task.js';
import type { ResumeOutcome } from '../tasks/recovery-store.js';
import type { TaskRecord } from '../tasks/task-store.js';
import { viewRun } from './checkpoint-view.js';
import { gatherFacts } from './gather-facts.js';
import { getRun, notFound, type RunReference, readBranches } from './get-run.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

/** `POST /api/checkpoints/{taskId}/resume` (CHK-08): a held run goes on from its last commit. */
export async function resumeCheckpoint(ports: StudioPorts, run: RunReference): Promise<StudioResponse> {
  const { owner } = await getRun(ports, run);
  const outcome = await ports.recovery.resume(run.taskId, owner, ports.clock.now());
  switch (outcome.type) {
    case 'not-found':
      throw notFound(run.taskId);
    case 'not-held': {
      if (await resumeBranches(ports, outcome.task)) return { status: 200, body: viewRun(outcome.task, undefined) };
      if (isTerminal(outcome.task.state)) throw ended(outcome.task.id, outcome.task.state);
      const { summary, next } = explainTask(outcome.task, await gatherFacts(ports, outcome.task));
      throw new AppError('CHECKPOINT_NOT_HELD', { message: `Only a held run can be resumed. ${summary} ${next}` });
    }
    case 'expired':
      await tellExpired(ports, outcome);
      throw ended(outcome.task.id, outcome.task.state);
    case 'resumed':
      await ports.queue.enqueue(outcome.task);
      return { status: 200, body: viewRun(outcome.task, false) };
  }
}

/** Held runs below this one go on too, or end when their time is over. @returns whether there were any. */
async function resumeBranches(ports: StudioPorts, task: TaskRecord): Promise<boolean> {
  const held = (await readBranches(ports.tasks, task)).filter(({ heldSince }) => heldSince !== undefined);
  for (const { id } of held) {
    const outcome = await ports.recovery.resume(id, task.owner, ports.clock.now());
    if (outcome.type === 'expired') await tellExpired(ports, outcome);
    if (outcome.type === 'resumed') await ports.queue.enqueue(outcome.task);
  }
  return held.length > 0;
}

async function tellExpired(
  ports: StudioPorts,
  { task, events, next, wakes = [] }: Extract<ResumeOutcome, { type: 'expired' }>,
): Promise<void> {
  await ports.publisher.publishEvents(events);
  for (const woken of next === undefined ? wakes : [next, ...wakes]) await ports.queue.enqueue(woken, task.id);
}

export function ended(taskId: string, state: string): AppError {
  return new AppError('CHECKPOINT_ENDED', {
    message: `The run '${taskId}' has ended (${state}) and stays so; send a message without taskId to start a new one in the same context`,
  });
}
