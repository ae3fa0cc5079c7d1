/** Between rows and records. */
import type { TaskState } from '../../../protocol/a2a.js';
import { isInterrupted, isRunnable, isTerminal } from '../../../protocol/task-state.js';
import type { SessionKey, TaskRecord } from '../../../tasks/task-store.js';
import type { RowShape } from '../dialects/dialect.js';
import type { SessionTable, TaskTable } from '../schema.js';
import { COUNTS, childSessionKey, PLACE, readFamily, toCounts, toOriginJson, toPlace } from './family.js';
import { hashKey } from './hash-key.js';
import { listKeyOf } from './list-key.js';

/** A task as the store knows it: its record and its place in its session. */
export interface StoredTask {
  readonly record: TaskRecord;
  readonly sessionKey: string;
  readonly sessionId: string;
  /** Ordinal of its newest tool call, 0 = none yet. */
  readonly lastCall: number;
  readonly listKey: string;
  /** When its status began. */
  readonly statusAt: number;
  /** Retention has taken from its log. */
  readonly isTrimmed: boolean;
  /** `temp:` state was written for it (SES-03). Default false. */
  readonly hasTemp?: boolean;
}

/** Of a run that has ended: nobody has it, and it waits for nothing. */
export const NOBODY = { worker: '', heldSince: undefined, expiresAt: undefined } as const;

/**
 * A process of schema 2 writes a run without the columns that came later, which then tell of the run as it was: that a run is held, or
 * ends by itself, counts only as far as the older columns agree.
 */
export function toStoredTask(row: TaskTable): StoredTask {
  const state = row.state as TaskState;
  const isHeld = row.held_since !== null && isRunnable(state) && row.runnable_since === null;
  return {
    sessionKey: row.session_key,
    sessionId: row.session_id,
    lastCall: row.last_call ?? 0,
    // A process of an earlier version writes neither.
    listKey: row.list_key ?? listKeyOf(row),
    statusAt: row.status_at ?? row.updated_at,
    isTrimmed: row.ended_at !== null && row.whole_since === null,
    hasTemp: row.has_temp !== null,
    record: {
      id: row.id,
      agent: row.agent,
      owner: row.owner,
      contextId: row.context_id,
      tenant: row.tenant,
      state,
      epoch: row.epoch,
      step: row.step,
      takes: row.takes,
      seq: row.seq,
      turn: row.turn,
      configVersion: row.config_version,
      control: JSON.parse(row.control) as TaskRecord['control'],
      traceparent: row.traceparent,
      worker: row.worker ?? '',
      heldSince: isHeld ? (row.held_since ?? undefined) : undefined,
      ...(row.resumed_at === null ? {} : { resumedAt: row.resumed_at }),
      expiresAt: isHeld || isInterrupted(state) ? (row.expires_at ?? undefined) : undefined,
      ...readFamily(row),
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    },
  };
}

/** In the order of `TASK`. */
export function toChildRow(task: StoredTask): readonly unknown[] {
  return [...toTaskRow(task), ...toPlace(task.record), ...toCounts(task.record, task.hasTemp === true)];
}

/** In the order of `FAMILY_CHANGE`. */
export function toFamilyChange({ record, hasTemp }: StoredTask): readonly unknown[] {
  return [record.id, ...toCounts(record, hasTemp === true)];
}

/** In the order of `ROOT_TASK`. */
export function toTaskRow(task: StoredTask): readonly unknown[] {
  const { id, agent, owner, contextId, tenant, configVersion, traceparent, createdAt } = task.record;
  const [, ...changing] = toTaskChange(task);
  return [
    id,
    ...changing,
    task.sessionKey,
    task.sessionId,
    agent,
    owner,
    contextId,
    tenant,
    configVersion,
    traceparent,
    createdAt,
    toOriginJson(task.record),
  ];
}

/** In the order of `TASK_CHANGE`; its beginning is in the order of `TASK_STEP`. */
export function toTaskChange({ record, sessionId, lastCall, listKey, statusAt, isTrimmed }: StoredTask): readonly unknown[] {
  const {
    id,
    turn,
    state,
    epoch,
    step,
    takes,
    seq,
    control,
    updatedAt,
    worker,
    heldSince,
    resumedAt,
    expiresAt,
    openChildren = 0,
  } = record;
  const stands = isRunnable(state);
  const endedAt = isTerminal(state) ? updatedAt : null;
  return [
    id,
    turn,
    epoch,
    step,
    takes,
    seq,
    JSON.stringify(control),
    updatedAt,
    worker === '' ? null : worker,
    heldSince ?? null,
    resumedAt ?? null,
    lastCall === 0 ? null : lastCall,
    // A run that is held, or whose children work, still stands in front of its session, but no sweep gives it a job.
    stands ? sessionId : null,
    stands && heldSince === undefined && openChildren === 0 ? updatedAt : null,
    expiresAt ?? null,
    endedAt,
    isTrimmed ? null : endedAt,
    state,
    listKey,
    statusAt,
  ];
}

/** In the order of `SESSION`. */
export function toSessionRow(row: SessionTable): readonly unknown[] {
  return [
    row.session_key,
    row.last_position,
    row.last_turn,
    row.updated_at,
    row.session_id,
    row.agent,
    row.owner,
    row.context_id,
    row.created_at,
    row.owner_key,
    row.tenant,
  ];
}

/** One hash for what clients name: contexts and owners may be longer than an index key, and compare byte by byte. */
export function sessionKeyOf({ agent, owner, contextId, tenant = '', child }: SessionKey): string {
  if (child !== undefined) return childSessionKey(contextId);
  return hashKey(JSON.stringify(tenant === '' ? [agent, owner, contextId] : [agent, owner, contextId, tenant]));
}

/** Whether a text can be a task's id at all; spares a driver what it cannot encode or would compare loosely. */
export function isTaskId(text: string): boolean {
  return /^[\x21-\x7e]{1,64}$/.test(text);
}

/** What a commit may change, behind the key. */
const STEPPING = {
  id: 'key',
  turn: 'integer',
  epoch: 'integer',
  step: 'integer',
  takes: 'integer',
  seq: 'integer',
  control: 'text',
  updated_at: 'integer',
  worker: 'key',
  held_since: 'integer',
  resumed_at: 'integer',
  last_call: 'integer',
  open_session: 'key',
  runnable_since: 'integer',
  expires_at: 'integer',
  ended_at: 'integer',
  whole_since: 'integer',
} as const;

const CHANGING = { ...STEPPING, state: 'key', list_key: 'key', status_at: 'integer' } as const;

/** Of a task whose status stays: the first columns of `TASK_CHANGE`. */
export const TASK_STEP: RowShape = { table: 'tasks', columns: STEPPING };

export const TASK_CHANGE: RowShape = { table: 'tasks', columns: CHANGING };

/** Of a run that a client starts: what it leaves out is null. */
export const ROOT_TASK: RowShape = {
  table: 'tasks',
  columns: {
    ...CHANGING,
    session_key: 'key',
    session_id: 'key',
    agent: 'text',
    owner: 'text',
    context_id: 'text',
    tenant: 'text',
    config_version: 'key',
    traceparent: 'text',
    created_at: 'integer',
    origin: 'text',
  },
};

export const TASK: RowShape = { table: 'tasks', columns: { ...ROOT_TASK.columns, ...PLACE, ...COUNTS } };

export const SESSION_CHANGE: RowShape = {
  table: 'sessions',
  columns: { session_key: 'key', last_position: 'integer', last_turn: 'integer', updated_at: 'integer' },
};

export const SESSION: RowShape = {
  table: 'sessions',
  columns: {
    ...SESSION_CHANGE.columns,
    session_id: 'key',
    agent: 'text',
    owner: 'text',
    context_id: 'text',
    created_at: 'integer',
    owner_key: 'key',
    tenant: 'text',
  },
};

export const TASK_EVENT: RowShape = {
  table: 'task_events',
  columns: { task_id: 'key', seq: 'integer', epoch: 'integer', created_at: 'integer', body: 'text' },
};

export const SESSION_MESSAGE: RowShape = {
  table: 'session_messages',
  columns: { session_id: 'key', turn: 'integer', position: 'integer', task_id: 'key', body: 'text' },
};

export const ROLLED_BACK_RUN: RowShape = {
  table: 'rolled_back_runs',
  columns: { session_id: 'key', task_id: 'key' },
};

export const ACCEPTED_MESSAGE: RowShape = {
  table: 'accepted_messages',
  columns: { dedupe_key: 'key', task_id: 'key', message_hash: 'key', created_at: 'integer' },
};

export const TASK_COLUMNS = Object.keys(TASK.columns);
