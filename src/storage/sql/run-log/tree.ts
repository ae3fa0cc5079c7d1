/**
 * What the writes of one run mean to the others of its tree.
 *
 * Invariants:
 * - J1 `openChildren` of a run is the number of its children that are runnable, in each committed state of the database: whoever changes
 *   one holds the lock of both rows. A run with open children stands, and no worker can take it; the child that leaves last wakes it.
 * - J2 Below a run that has ended, all runs have ended, in the same transaction. So what is below a root puts nothing into its log
 *   after its end (R5), and all runs above one that works stand and add nothing to the root's log themselves (R4).
 * - J4 A wait that ends by itself wakes the run above it, which waits for an answer that nobody can give any more; all above that one
 *   stand again. It ends only while all above it rest: one that is in hands has read it as waiting.
 * - J3 Which runs a tree has is read before they are locked, since locks are taken by id. Each locked row counts its children: a member
 *   that has not seen as many writes nothing and is tried again.
 */
import { isoTime } from '../../../base/clock.js';
import { isInterrupted, isRunnable, isTerminal } from '../../../protocol/task-state.js';
import type { TaskEvent } from '../../../tasks/task-event.js';
import type { TaskRecord, TreeChange } from '../../../tasks/task-store.js';
import { NOBODY, type StoredTask } from './rows.js';
import { tempScopeKey } from './session-states.js';
import type { WorkingSet } from './working-set.js';

/** Rows that a member needs were not locked: it has written nothing and is to be tried again, with its whole tree (J3). */
export interface Again {
  readonly type: 'again';
}

export const AGAIN: Again = { type: 'again' };

/** Whether all that the end of this run touches is locked (J3). */
export function canEnd(set: WorkingSet, { record }: StoredTask): boolean {
  const { child } = record;
  return (child === undefined || set.tasks.has(child.parentId)) && isWholeBelow(set, record);
}

/** A run has left the state `before`: what that means to those below and above it. `at`: the write's time. */
export function settleTree(set: WorkingSet, before: StoredTask, at: number): TreeChange {
  const { id, child } = before.record;
  const after = set.getTask(id);
  const ended: TaskRecord[] = [];
  if (isTerminal(after.record.state)) {
    endTemp(set, after);
    endBelow(set, id, at, ended);
  }
  const wakes: TaskRecord[] = [];
  if (child !== undefined && isRunnable(before.record.state) && !isRunnable(after.record.state)) {
    const parent = set.getTask(child.parentId);
    const openChildren = (parent.record.openChildren ?? 0) - 1;
    const isLast = openChildren === 0 && isRunnable(parent.record.state);
    const changed = set.changeTask(parent, { openChildren, ...(isLast ? { updatedAt: at } : {}) });
    if (isLast) wakes.push(changed.record);
  }
  return { ...(wakes.length === 0 ? {} : { wakes }), ...(ended.length === 0 ? {} : { ended }) };
}

/** J4: `unknown` = not all above it is locked. */
export function restsAbove(set: WorkingSet, { record }: StoredTask): boolean | 'unknown' {
  for (let above = record.child?.parentId; above !== undefined; ) {
    const parent = set.tasks.get(above)?.record;
    if (parent === undefined) return 'unknown';
    const { state, openChildren = 0 } = parent;
    if (isRunnable(state)) return openChildren > 0;
    above = parent.child?.parentId;
  }
  return true;
}

/** J4: a wait has ended. What the run above it is told, and those above that one. */
export function wakeAbove(set: WorkingSet, { record: { child } }: StoredTask, at: number): WokenTree {
  const events: TaskEvent[] = [];
  const wakes: TaskRecord[] = [];
  let isNext = true;
  for (let above = child?.parentId; above !== undefined; ) {
    const parent = set.getTask(above);
    const { state, openChildren = 0 } = parent.record;
    const waits = isInterrupted(state);
    if (isNext && !waits) break;
    const working = 'TASK_STATE_WORKING';
    const counts = isNext ? {} : { openChildren: openChildren + 1 };
    const goesOn = waits ? ({ state: working, takes: 0, expiresAt: undefined } as const) : {};
    set.changeTask(parent, { ...counts, ...goesOn, updatedAt: at });
    if (waits) {
      const event = set.appendEvent(above, { type: 'status.changed', status: { state: working, timestamp: isoTime(at) } }, at);
      if (parent.record.child === undefined) events.push(event);
    }
    if (isNext) wakes.push(set.getTask(above).record);
    isNext = false;
    // Whoever stands already is counted by those above it.
    above = waits ? parent.record.child?.parentId : undefined;
  }
  return { events, wakes };
}

export interface WokenTree {
  /** Of the root. */
  readonly events: readonly TaskEvent[];
  readonly wakes: readonly TaskRecord[];
}

/** J2. Their workers, if they have any, lose them by the epoch (R3). */
function endBelow(set: WorkingSet, parentId: string, at: number, ended: TaskRecord[]): void {
  for (const { id } of set.children.get(parentId) ?? []) {
    const task = set.tasks.get(id);
    if (task === undefined || isTerminal(task.record.state)) continue;
    const state = 'TASK_STATE_CANCELED';
    const { epoch } = task.record;
    const changed = set.changeTask(task, { ...NOBODY, openChildren: 0, state, epoch: epoch + 1, updatedAt: at });
    set.appendEvent(id, { type: 'status.changed', status: { state, timestamp: isoTime(at) } }, at);
    endTemp(set, changed);
    ended.push(set.getTask(id).record);
    endBelow(set, id, at, ended);
  }
}

/** SES-03: `temp:` state goes with its run. */
function endTemp(set: WorkingSet, { record, hasTemp }: StoredTask): void {
  if (hasTemp === true) set.pending.states.endScope(tempScopeKey(record.id));
}

function isWholeBelow(set: WorkingSet, { id, children = 0 }: TaskRecord): boolean {
  if (children === 0) return true;
  const known = set.children.get(id) ?? [];
  if (known.length !== children) return false;
  return known.every((child) => {
    if (child.isTerminal) return true;
    const task = set.tasks.get(child.id);
    return task !== undefined && isWholeBelow(set, task.record);
  });
}
