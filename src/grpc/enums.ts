/** Names of the proto's enums by their number (D2). Index 0 is "unspecified", which JSON leaves out. */
import type { Role, TaskState } from '../protocol/a2a.js';
import { TASK_STATES } from '../protocol/task-state.js';

export const STATE_NAMES: readonly string[] = ['TASK_STATE_UNSPECIFIED', ...TASK_STATES];

export const ROLE_NAMES: readonly string[] = ['ROLE_UNSPECIFIED', 'ROLE_USER', 'ROLE_AGENT'];

export function stateNumber(state: TaskState): number {
  return STATE_NAMES.indexOf(state);
}

export function roleNumber(role: Role): number {
  return ROLE_NAMES.indexOf(role);
}
