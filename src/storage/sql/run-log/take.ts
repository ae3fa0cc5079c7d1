import { isoTime } from '../../../base/clock.js';
import type { TakeOutcome } from '../../../tasks/task-store.js';
import { transition } from '../../../tasks/transition.js';
import { isTaskId } from './rows.js';
import type { WorkingSet } from './working-set.js';
import type { RunLogWrite } from './write-group.js';

/** R3: raises the epoch of the session's first runnable task. */
export function takeWrite(taskId: string, at: number): RunLogWrite<TakeOutcome> {
  return {
    ...(isTaskId(taskId) ? { taskId } : {}),
    locksSession: false,
    readsHead: true,
    decide: (set) => decide(set, taskId, at),
  };
}

function decide(set: WorkingSet, taskId: string, at: number): TakeOutcome {
  const task = set.tasks.get(taskId);
  if (task === undefined) return { type: 'not-found' };
  const verdict = transition(task.record.state, { type: 'take' });
  if (verdict.type === 'refused') return { type: 'not-runnable', task: task.record };
  const head = set.findHead(task.sessionId);
  if (head !== undefined && head.record.turn < task.record.turn)
    return { type: 'behind', task: task.record, earlierTaskId: head.record.id };
  set.changeTask(task, { state: verdict.state, epoch: task.record.epoch + 1, updatedAt: at });
  const events =
    task.record.state === verdict.state
      ? []
      : [set.appendEvent(taskId, { type: 'status.changed', status: { state: verdict.state, timestamp: isoTime(at) } }, at)];
  return { type: 'taken', task: set.getTask(taskId).record, events };
}
