/** What `protocol/task-state.ts` says of states, as conditions on the columns of `tasks`. */
import type { TaskState } from '../../../protocol/a2a.js';
import { isInterrupted, isTerminal } from '../../../protocol/task-state.js';

const EVERY_STATE: Readonly<Record<TaskState, true>> = {
  TASK_STATE_SUBMITTED: true,
  TASK_STATE_WORKING: true,
  TASK_STATE_INPUT_REQUIRED: true,
  TASK_STATE_AUTH_REQUIRED: true,
  TASK_STATE_COMPLETED: true,
  TASK_STATE_FAILED: true,
  TASK_STATE_CANCELED: true,
  TASK_STATE_REJECTED: true,
};

export const STATES = Object.keys(EVERY_STATE) as readonly TaskState[];

/** `ended_at` finds the run; its state decides, as a process of an earlier version ends runs without setting that column. */
export const IS_OPEN = `ended_at IS NULL AND state NOT IN (${listOf(isTerminal)})`;

export const IS_WAITING = `state IN (${listOf(isInterrupted)})`;

function listOf(holds: (state: TaskState) => boolean): string {
  return STATES.filter(holds)
    .map((state) => `'${state}'`)
    .join(', ');
}
