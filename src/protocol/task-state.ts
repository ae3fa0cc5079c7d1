import type { TaskState } from './a2a.js';

/** In the order of their proto numbers, from 1 (D2). */
export const TASK_STATES: readonly TaskState[] = [
  'TASK_STATE_SUBMITTED',
  'TASK_STATE_WORKING',
  'TASK_STATE_COMPLETED',
  'TASK_STATE_FAILED',
  'TASK_STATE_CANCELED',
  'TASK_STATE_INPUT_REQUIRED',
  'TASK_STATE_REJECTED',
  'TASK_STATE_AUTH_REQUIRED',
];

/** No event follows these states (M10, R5). */
const TERMINAL: ReadonlySet<TaskState> = new Set([
  'TASK_STATE_COMPLETED',
  'TASK_STATE_FAILED',
  'TASK_STATE_CANCELED',
  'TASK_STATE_REJECTED',
]);

/** The run is paused for somebody outside (S2, M7, M8). */
const INTERRUPTED: ReadonlySet<TaskState> = new Set(['TASK_STATE_INPUT_REQUIRED', 'TASK_STATE_AUTH_REQUIRED']);

export function isTerminal(state: TaskState): boolean {
  return TERMINAL.has(state);
}

export function isInterrupted(state: TaskState): boolean {
  return INTERRUPTED.has(state);
}

/** A worker may run a step of a task in these states. */
export function isRunnable(state: TaskState): boolean {
  return state === 'TASK_STATE_SUBMITTED' || state === 'TASK_STATE_WORKING';
}
