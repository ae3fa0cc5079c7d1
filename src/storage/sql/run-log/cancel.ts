import type { Message } from '../../../protocol/a2a.js';
import type { CancelOutcome } from '../../../tasks/task-store.js';
import { transition } from '../../../tasks/transition.js';
import { endRun } from './end-run.js';
import { isTaskId } from './rows.js';
import type { WorkingSet } from './working-set.js';
import type { RunLogWrite } from './write-group.js';

export interface CancelInput {
  readonly taskId: string;
  readonly owner: string;
  readonly message: Message | undefined;
  readonly at: number;
}

/** R6: ends the task and raises its epoch in one stroke. */
export function cancelWrite(input: CancelInput): RunLogWrite<CancelOutcome> {
  return {
    ...(isTaskId(input.taskId) ? { taskId: input.taskId } : {}),
    locksSession: true,
    readsHead: true,
    decide: (set) => decide(set, input),
  };
}

function decide(set: WorkingSet, { taskId, owner, message, at }: CancelInput): CancelOutcome {
  const task = set.tasks.get(taskId);
  if (task === undefined || task.record.owner !== owner) return { type: 'not-found' };
  const verdict = transition(task.record.state, { type: 'cancel' });
  if (verdict.type === 'refused') {
    return { type: task.record.state === 'TASK_STATE_CANCELED' ? 'already-canceled' : 'terminal', task: task.record };
  }
  return { type: 'canceled', ...endRun(set, task, { state: verdict.state, reason: message, at }) };
}
