import { isoTime } from '../../../base/clock.js';
import { AppError } from '../../../base/errors.js';
import type { TaskState } from '../../../protocol/a2a.js';
import { MAX_TAKES, type TakenRun, type TakeOutcome } from '../../../tasks/task-store.js';
import { transition } from '../../../tasks/transition.js';
import { endRun } from './end-run.js';
import { isTaskId, type StoredTask } from './rows.js';
import { AGAIN, type Again, canEnd } from './tree.js';
import type { WorkingSet } from './working-set.js';
import type { RunLogWrite } from './write-group.js';

/** R3: raises the epoch of the session's first runnable task. */
export function takeWrite(taskId: string, at: number, worker: string, wholeTree: boolean): RunLogWrite<TakeOutcome | Again> {
  return {
    ...(isTaskId(taskId) ? { taskId } : {}),
    // Giving up hands over to the session's next run. The first take of a step never does, and stays cheap.
    locksSession: (task) => task.record.takes > 0,
    readsHead: true,
    wholeTree,
    decide: (set) => decide(set, taskId, at, worker),
  };
}

function decide(set: WorkingSet, taskId: string, at: number, worker: string): TakeOutcome | Again {
  const task = set.tasks.get(taskId);
  if (task === undefined) return { type: 'not-found' };
  const verdict = transition(task.record.state, { type: 'take' });
  const { heldSince, openChildren = 0 } = task.record;
  if (verdict.type === 'refused' || heldSince !== undefined || openChildren > 0) return { type: 'not-runnable', task: task.record };
  const head = set.findHead(task.sessionId);
  if (head !== undefined && head.record.turn < task.record.turn)
    return { type: 'behind', task: task.record, earlierTaskId: head.record.id };
  if (task.record.takes >= MAX_TAKES) return canEnd(set, task) ? giveUp(set, task, at) : AGAIN;
  return { type: 'taken', ...giveTo(set, task, { state: verdict.state, worker, at }) };
}

/** R3. @param state what taking makes of the run's own */
export function giveTo(
  set: WorkingSet,
  task: StoredTask,
  { state, worker, at }: { readonly state: TaskState; readonly worker: string; readonly at: number },
): TakenRun {
  const { id, takes, epoch, child, worker: from } = task.record;
  set.changeTask(task, { state, takes: takes + 1, epoch: epoch + 1, worker, updatedAt: at });
  const events =
    task.record.state === state ? [] : [set.appendEvent(id, { type: 'status.changed', status: { state, timestamp: isoTime(at) } }, at)];
  return { task: set.getTask(id).record, events: child === undefined ? events : [], from };
}

/** The epoch is raised too: whoever tries the step at this moment cannot commit it any more. */
function giveUp(set: WorkingSet, task: StoredTask, at: number): TakeOutcome {
  const { id: taskId, step, takes } = task.record;
  const verdict = transition(task.record.state, { type: 'commit', state: 'TASK_STATE_FAILED' });
  if (verdict.type === 'refused') throw new AppError('INTERNAL', { message: `the task ${taskId} could be taken but not ended` });
  const reason = `The run was given up: its step ${step} was started ${takes} times and never finished`;
  return { type: 'given-up', ...endRun(set, task, { state: verdict.state, reason, at }) };
}
