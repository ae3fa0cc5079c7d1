/** Names of the proto's enums by their number (D2). Index 0 is "unspecified", which JSON leaves out. */
import type { Role, TaskState } from '../protocol/a2a.js';

export const STATE_NAMES: readonly string[] = [
  'TASK_STATE_UNSPECIFIED',
  'TASK_STATE_SUBMITTED',
  'TASK_STATE_WORKING',
  'TASK_STATE_COMPLETED',
  'TASK_STATE_FAILED',
  'TASK_STATE_CANCELED',
  'TASK_STATE_INPUT_REQUIRED',
  'TASK_STATE_REJECTED',
  'TASK_STATE_AUTH_REQUIRED',
];

export const ROLE_NAMES: readonly string[] = ['ROLE_UNSPECIFIED', 'ROLE_USER', 'ROLE_AGENT'];

export function stateNumber(state: TaskState): number {
  return STATE_NAMES.indexOf(state);
}

export function roleNumber(role: Role): number {
  return ROLE_NAMES.indexOf(role);
}
