import type { Message } from '../../../protocol/a2a.js';
import type { CancelOutcome } from '../../../tasks/task-store.js';
import { transition } from '../../../tasks/transition.js';
import { endRun } from './end-run.js';
import { isTaskId } from './rows.js';
import { AGAIN, type Again, canEnd } from './tree.js';
import type { WorkingSet } from './working-set.js';
import type { RunLogWrite } from './write-group.js';

export interface CancelInput {
  readonly taskId: string;
  readonly owner: string;
  readonly message: Message | undefined;
  readonly at: number;
  readonly wholeTree: boolean;
}

/** R6: ends the task with all below it and raises its epoch in one stroke. */
export function cancelWrite(input: CancelInput): RunLogWrite<CancelOutcome | Again> {
  return {
    ...(isTaskId(input.taskId) ? { taskId: input.taskId } : {}),
    locksSession: true,
    readsHead: true,
    wholeTree: input.wholeTree,
    decide: (set) => decide(set, input),
  };
}

function decide(set: WorkingSet, { taskId, owner, message, at }: CancelInput): CancelOutcome | Again {
  const task = set.tasks.get(taskId);
  if (task === undefined || task.record.owner !== owner || task.record.child !== undefined) return { type: 'not-found' };
  const verdict = transition(task.record.state, { type: 'cancel' });
  if (verdict.type === 'refused') {
    return { type: task.record.state === 'TASK_STATE_CANCELED' ? 'already-canceled' : 'terminal', task: task.record };
  }
  if (!canEnd(set, task)) return AGAIN;
  return { type: 'canceled', ...endRun(set, task, { state: verdict.state, reason: message, at }) };
}
