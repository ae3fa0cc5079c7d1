/** A client's `ListTasksRequest`, checked and in one form (L6, L7). */
import type { ListTasksRequest, TaskState } from './a2a.js';
import { kindOf, Problems } from './field-reader.js';
import { parseTimestamp } from './parse-timestamp.js';
import { rootFields } from './root-fields.js';
import { TASK_STATES } from './task-state.js';

/** With its time as epoch milliseconds: no status of an earlier one is wanted. */
export type ListTasksInput = Omit<ListTasksRequest, 'statusTimestampAfter' | 'pageSize'> & {
  readonly pageSize: number;
  readonly statusSince?: number;
};

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 100;
const MAX_TOKEN_LENGTH = 1024;

/** @throws AppError `PARAMS_INVALID` with every problem. */
export function readListTasksRequest(params: unknown): ListTasksInput {
  const problems = new Problems();
  // Nothing is required.
  const fields = rootFields(params ?? {}, problems);
  const tenant = fields.optionalText('tenant');
  const contextId = fields.optionalText('contextId');
  const status = readState(fields.value('status'), (description) => fields.problem('status', description));
  const pageSize = fields.count('pageSize', { min: 1, max: MAX_PAGE_SIZE }) ?? DEFAULT_PAGE_SIZE;
  const pageToken = fields.optionalText('pageToken', MAX_TOKEN_LENGTH);
  const historyLength = fields.count('historyLength');
  const after = fields.optionalText('statusTimestampAfter');
  const statusSince = after === undefined ? undefined : parseTimestamp(after);
  if (after !== undefined && statusSince === undefined) {
    fields.problem('statusTimestampAfter', `must be a time such as "2026-01-31T12:00:00.000Z", not ${shown(after)}`);
  }
  const includeArtifacts = fields.boolean('includeArtifacts');
  problems.throwIfAny();
  return {
    ...(tenant === undefined ? {} : { tenant }),
    ...(contextId === undefined ? {} : { contextId }),
    ...(status === undefined ? {} : { status }),
    pageSize,
    ...(pageToken === undefined ? {} : { pageToken }),
    ...(historyLength === undefined ? {} : { historyLength }),
    ...(statusSince === undefined ? {} : { statusSince }),
    ...(includeArtifacts === undefined ? {} : { includeArtifacts }),
  };
}

/** By name or by number; unspecified is unset (D2, D6). */
function readState(value: unknown, problem: (description: string) => void): TaskState | undefined {
  if (value === undefined || value === '') return undefined;
  const number = typeof value === 'string' && /^\d{1,2}$/.test(value) ? Number(value) : value;
  if (number === 0 || value === 'TASK_STATE_UNSPECIFIED') return undefined;
  const state = typeof number === 'number' ? TASK_STATES[number - 1] : TASK_STATES.find((name) => name === value);
  if (state === undefined)
    problem(`must be one of ${TASK_STATES.join(', ')}, not ${typeof value === 'object' ? kindOf(value) : shown(value)}`);
  return state;
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 40);
}
