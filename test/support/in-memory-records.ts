/** Records of a run log in memory: what a new run is, and which of its calls somebody asks for. */
import { isRunnable } from '../../src/protocol/task-state.js';
import type { TaskEvent } from '../../src/tasks/task-event.js';
import type { AcceptInput, TaskRecord } from '../../src/tasks/task-store.js';
import type { StepRecord, ToolCallQuery, ToolCallRecord, ToolCallWrite } from '../../src/tasks/tool-call.js';

export interface StoredTask {
  record: TaskRecord;
  readonly events: TaskEvent[];
  /** By call id, in the order of their first writes. */
  readonly calls: Map<string, ToolCallRecord>;
}

export function newRecord({ newTaskId: id, key, tenant, configVersion, traceparent, callerRoles, at }: AcceptInput): TaskRecord {
  return {
    ...key,
    id,
    tenant,
    configVersion,
    ...(callerRoles === undefined ? {} : { callerRoles }),
    traceparent,
    state: 'TASK_STATE_SUBMITTED',
    epoch: 0,
    step: 1,
    takes: 0,
    turn: 1,
    seq: 0,
    control: {},
    worker: '',
    heldSince: undefined,
    expiresAt: undefined,
    createdAt: at,
    updatedAt: at,
  };
}

export function selectCalls(
  calls: readonly ToolCallRecord[],
  { callIds, openIn, newest = calls.length }: ToolCallQuery,
): readonly ToolCallRecord[] {
  const isOpen = ({ status, step }: ToolCallRecord) =>
    openIn === undefined || (status !== 'done' && (status !== 'denied' || step >= openIn));
  const found = calls.filter((call) => (callIds === undefined || callIds.includes(call.callId)) && isOpen(call));
  return newest === 0 ? [] : found.slice(-newest);
}

export function modesOf({ acceptedOutputModes }: AcceptInput): Pick<AcceptInput, 'acceptedOutputModes'> {
  return acceptedOutputModes === undefined ? {} : { acceptedOutputModes };
}

/** Of a run that has ended: results of calls that this epoch began. */
export function lateResults({ toolCalls, epoch, step }: StepRecord, calls: ReadonlyMap<string, ToolCallRecord>): readonly ToolCallWrite[] {
  return toolCalls.filter(({ callId }) => {
    const row = calls.get(callId);
    return row?.status === 'intended' && row.epoch === epoch && row.step === step;
  });
}

export const ENDED = { worker: '', heldSince: undefined, expiresAt: undefined } as const;

export function isInHands(
  { record }: StoredTask,
  { epoch, step = record.step }: { readonly epoch: number; readonly step?: number },
): boolean {
  return (
    record.epoch === epoch &&
    record.step === step &&
    isRunnable(record.state) &&
    record.heldSince === undefined &&
    (record.openChildren ?? 0) === 0
  );
}

export function writeCalls(
  calls: Map<string, ToolCallRecord>,
  { taskId, step, epoch, at }: Pick<StepRecord, 'taskId' | 'step' | 'epoch' | 'at'>,
  writes: readonly ToolCallWrite[],
): void {
  for (const write of writes) {
    const createdAt = calls.get(write.callId)?.createdAt ?? at;
    calls.set(write.callId, { ...write, taskId, step, epoch, createdAt, updatedAt: at });
  }
}
