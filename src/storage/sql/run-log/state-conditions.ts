/** What `protocol/task-state.ts` says of states, as conditions on the columns of `tasks`. */
import type { TaskState } from '../../../protocol/a2a.js';
import { isInterrupted, isTerminal, TASK_STATES } from '../../../protocol/task-state.js';

export const IS_NOT_TERMINAL = `state NOT IN (${listOf(isTerminal)})`;

/** `ended_at` finds the run; its state decides, as a process of an earlier version ends runs without setting that column. */
export const IS_OPEN = `ended_at IS NULL AND ${IS_NOT_TERMINAL}`;

/** Also of runs that a process of an earlier version ended: `ended_at` is not set then. */
export const IS_ENDED = `state IN (${listOf(isTerminal)})`;

export const IS_WAITING = `state IN (${listOf(isInterrupted)})`;

/** `expires_at` alone does not tell: a process of an earlier version lets a run go on without clearing it. */
export const MAY_EXPIRE = `(${IS_WAITING} OR (held_since IS NOT NULL AND open_session IS NOT NULL AND runnable_since IS NULL))`;

function listOf(holds: (state: TaskState) => boolean): string {
  return TASK_STATES.filter(holds)
    .map((state) => `'${state}'`)
    .join(', ');
}
