import { isoTime } from '../../../base/clock.js';
import { newId } from '../../../base/ids.js';
import type { Message, TaskState } from '../../../protocol/a2a.js';
import type { TaskEvent } from '../../../tasks/task-event.js';
import type { TaskRecord } from '../../../tasks/task-store.js';
import { nextAfter } from './hand-over.js';
import { NOBODY, type StoredTask } from './rows.js';
import type { WorkingSet } from './working-set.js';

export interface RunEnd {
  readonly state: TaskState;
  /** What the task's last status says: this text, this message, or nothing. */
  readonly reason: string | Message | undefined;
  readonly at: number;
}

export interface EndedRun {
  readonly task: TaskRecord;
  readonly events: readonly TaskEvent[];
  readonly next?: TaskRecord;
}

/** Ends a run from outside its worker, under a new epoch (R3), and hands its session over to the next one. */
export function endRun(set: WorkingSet, task: StoredTask, { state, reason, at }: RunEnd): EndedRun {
  const { id: taskId, contextId, epoch } = task.record;
  set.changeTask(task, { ...NOBODY, state, epoch: epoch + 1, updatedAt: at });
  const message =
    typeof reason === 'string'
      ? { messageId: newId(at), contextId, taskId, role: 'ROLE_AGENT' as const, parts: [{ text: reason }] }
      : reason;
  const status = { state, ...(message === undefined ? {} : { message }), timestamp: isoTime(at) };
  const events = [set.appendEvent(taskId, { type: 'status.changed', status }, at)];
  const next = nextAfter(set, task);
  return { task: set.getTask(taskId).record, events, ...(next === undefined ? {} : { next: next.record }) };
}
