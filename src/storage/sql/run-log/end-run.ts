import { isoTime } from '../../../base/clock.js';
import { newId } from '../../../base/ids.js';
import type { Message, TaskState } from '../../../protocol/a2a.js';
import { isInterrupted } from '../../../protocol/task-state.js';
import type { TaskEvent } from '../../../tasks/task-event.js';
import type { TaskRecord, TreeChange } from '../../../tasks/task-store.js';
import { nextAfter } from './hand-over.js';
import { NOBODY, type StoredTask } from './rows.js';
import { settleTree, wakeAbove } from './tree.js';
import type { WorkingSet } from './working-set.js';

export interface RunEnd {
  readonly state: TaskState;
  /** What the task's last status says: this text, this message, or nothing. */
  readonly reason: string | Message | undefined;
  readonly at: number;
}

export interface EndedRun extends TreeChange {
  readonly task: TaskRecord;
  readonly events: readonly TaskEvent[];
  readonly next?: TaskRecord;
}

/** Ends a run that `canEnd`, from outside its worker, under a new epoch (R3), with all below it, and hands its session over to the next one. */
export function endRun(set: WorkingSet, task: StoredTask, { state, reason, at }: RunEnd): EndedRun {
  const { id: taskId, contextId, epoch } = task.record;
  set.changeTask(task, { ...NOBODY, ...nobodyBelow(task), state, epoch: epoch + 1, updatedAt: at });
  const message =
    typeof reason === 'string'
      ? { messageId: newId(at), contextId, taskId, role: 'ROLE_AGENT' as const, parts: [{ text: reason }] }
      : reason;
  const status = { state, ...(message === undefined ? {} : { message }), timestamp: isoTime(at) };
  const events = [set.appendEvent(taskId, { type: 'status.changed', status }, at)];
  const tree = settleTree(set, task, at);
  const above = isInterrupted(task.record.state) ? wakeAbove(set, task, at) : { events: [], wakes: [] };
  const next = nextAfter(set, task);
  // A child's status is nothing that happens to its root; nobody follows the child.
  const published = task.record.child === undefined ? events : above.events;
  const wakes = [...(tree.wakes ?? []), ...above.wakes];
  return {
    task: set.getTask(taskId).record,
    events: published,
    ...(next === undefined ? {} : { next: next.record }),
    ...tree,
    ...(wakes.length === 0 ? {} : { wakes }),
  };
}

/** Of a run that ends: none of its children works. */
export function nobodyBelow({ record }: StoredTask): Pick<TaskRecord, 'openChildren'> {
  return (record.children ?? 0) === 0 ? {} : { openChildren: 0 };
}
