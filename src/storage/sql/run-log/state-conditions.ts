/** What `protocol/task-state.ts` says of states, as conditions on the columns of `tasks`. */
import type { TaskState } from '../../../protocol/a2a.js';
import { isInterrupted, isTerminal } from '../../../protocol/task-state.js';

const STATES: Readonly<Record<TaskState, true>> = {
  TASK_STATE_SUBMITTED: true,
  TASK_STATE_WORKING: true,
  TASK_STATE_INPUT_REQUIRED: true,
  TASK_STATE_AUTH_REQUIRED: true,
  TASK_STATE_COMPLETED: true,
  TASK_STATE_FAILED: true,
  TASK_STATE_CANCELED: true,
  TASK_STATE_REJECTED: true,
};

export const IS_NOT_TERMINAL = `state NOT IN (${listOf(isTerminal)})`;

/** `ended_at` finds the run; its state decides, as a process of an earlier version ends runs without setting that column. */
export const IS_OPEN = `ended_at IS NULL AND ${IS_NOT_TERMINAL}`;

/** Also of runs that a process of an earlier version ended: `ended_at` is not set then. */
export const IS_ENDED = `state IN (${listOf(isTerminal)})`;

export const IS_WAITING = `state IN (${listOf(isInterrupted)})`;

/** `expires_at` alone does not tell: a process of an earlier version lets a run go on without clearing it. */
export const MAY_EXPIRE = `(${IS_WAITING} OR (held_since IS NOT NULL AND open_session IS NOT NULL AND runnable_since IS NULL))`;

function listOf(holds: (state: TaskState) => boolean): string {
  const states = Object.keys(STATES) as TaskState[];
  return states
    .filter(holds)
    .map((state) => `'${state}'`)
    .join(', ');
}
