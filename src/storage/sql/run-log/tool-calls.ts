/** The ledger's rows (R7). A task's calls are written under the lock of its row, and read by whoever wants to know. */
import { readStoredResult } from '../../../tasks/stored-tool-result.js';
import type { ToolCallRecord, ToolCallStatus, ToolCallWrite } from '../../../tasks/tool-call.js';
import type { RowShape } from '../dialects/dialect.js';
import type { ToolCallTable } from '../schema.js';
import { hashKey } from './hash-key.js';

/** Made before the transaction holds its locks. */
export interface PreparedToolCall {
  readonly callKey: string;
  readonly callIdJson: string;
  readonly status: ToolCallStatus;
  /** In the order of `TOOL_CALL_CHANGE`, from `tool` to `decision`. */
  readonly values: readonly unknown[];
}

export function prepareToolCalls(taskId: string, calls: readonly ToolCallWrite[]): readonly PreparedToolCall[] {
  return calls.map((call) => ({
    callKey: callKeyOf(taskId, call.callId),
    callIdJson: JSON.stringify(call.callId),
    status: call.status,
    values: [
      JSON.stringify(call.tool),
      call.effect,
      call.argumentsHash,
      JSON.stringify(call.idempotencyKey),
      call.status,
      call.result === undefined ? null : JSON.stringify(call.result),
      call.decision === undefined ? null : JSON.stringify(call.decision),
    ],
  }));
}

/** At most 64 characters. */
export function callKeyOf(taskId: string, callId: string): string {
  return `${taskId.slice(0, 20)}.${hashKey(JSON.stringify([taskId, callId]))}`;
}

export function toToolCallRecord(row: ToolCallTable): ToolCallRecord {
  return {
    taskId: row.task_id,
    callId: JSON.parse(row.call_id) as string,
    tool: JSON.parse(row.tool) as string,
    effect: row.effect as ToolCallRecord['effect'],
    argumentsHash: row.arguments_hash,
    idempotencyKey: JSON.parse(row.idempotency_key) as string,
    status: row.status as ToolCallRecord['status'],
    ...(row.result === null ? {} : { result: readStoredResult(JSON.parse(row.result)) }),
    ...(row.decision === null ? {} : { decision: JSON.parse(row.decision) as NonNullable<ToolCallWrite['decision']> }),
    step: row.step,
    epoch: row.epoch,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** What a later write of the same call replaces, behind the key: all but its place and when it began. */
const CHANGING = {
  call_key: 'key',
  tool: 'text',
  effect: 'key',
  arguments_hash: 'key',
  idempotency_key: 'text',
  status: 'key',
  result: 'text',
  decision: 'text',
  step: 'integer',
  epoch: 'integer',
  updated_at: 'integer',
} as const;

export const TOOL_CALL_CHANGE: RowShape = { table: 'tool_calls', columns: CHANGING };

export const TOOL_CALL: RowShape = {
  table: 'tool_calls',
  columns: { ...CHANGING, task_id: 'key', ordinal: 'integer', call_id: 'text', created_at: 'integer' },
};

/** What a write of a call has to know of it. */
export const TOOL_CALL_HEAD: RowShape = {
  table: 'tool_calls',
  columns: { call_key: 'key', status: 'key', step: 'integer', epoch: 'integer' },
};
