/**
 * State beside the conversation (SES-03), a row per value. Session state lies under its session's key, `user:` and `app:` under the agent
 * that the client addressed, `temp:` under the run, with whose end it goes. Two runs that write the same value at the same time leave
 * the later commit's.
 */
import type { JsonValue } from '../../../base/json.js';
import { remember } from '../../../base/remember.js';
import { ANONYMOUS_OWNER } from '../../../tasks/owner-scope.js';
import { type SessionState, type StateDelta, type StateScope, scopeOf } from '../../../tasks/session-state.js';
import type { TaskRecord } from '../../../tasks/task-store.js';
import type { Database } from '../database.js';
import type { RowShape } from '../dialects/dialect.js';
import type { Query } from '../query.js';
import type { SessionStateTable } from '../schema.js';
import { hashKey } from './hash-key.js';
import { sessionKeyOf } from './rows.js';

export const STATE_CHANGE: RowShape = {
  table: 'session_states',
  columns: { entry_key: 'key', value: 'text', updated_at: 'integer' },
};

export const STATE: RowShape = {
  table: 'session_states',
  columns: { entry_key: 'key', scope_key: 'key', name: 'text', value: 'text', updated_at: 'integer' },
};

/** Whose state a run reads and writes. */
export interface StateOwner extends Pick<TaskRecord, 'agent' | 'owner' | 'tenant'> {
  readonly sessionKey: string;
  readonly taskId: string;
}

export function stateOwnerOf(task: TaskRecord): StateOwner {
  const { id, agent, owner, tenant, child } = task;
  if (child === undefined) return { agent, owner, tenant, sessionKey: sessionKeyOf(task), taskId: id };
  return { agent: child.application, owner, tenant, ...child.state };
}

export function scopeKeyOf(scope: StateScope, { agent, owner, tenant, sessionKey, taskId }: StateOwner): string {
  switch (scope) {
    case 'session':
      return sessionScopeKey(sessionKey);
    case 'user':
      // Anonymous callers are many people: each session has a user of its own.
      return sharedScopeKey(JSON.stringify(['user', agent, owner, tenant, ...(owner === ANONYMOUS_OWNER ? [sessionKey] : [])]));
    case 'app':
      return sharedScopeKey(JSON.stringify(['app', agent, tenant]));
    case 'temp':
      return tempScopeKey(taskId);
  }
}

export function sessionScopeKey(sessionKey: string): string {
  return `session.${sessionKey}`;
}

export function tempScopeKey(taskId: string): string {
  return `temp.${taskId.length <= MAX_PLAIN_ID ? taskId : hashKey(taskId)}`;
}

/** Every take asks for the same few. */
const sharedScopeKey = remember(10_000, hashKey);

/** A key has 64 characters. */
const MAX_PLAIN_ID = 50;

/** What a transaction writes; a later write of the same value replaces an earlier one. */
export class StateWrites {
  /** By entry key; `undefined` deletes. */
  readonly #entries = new Map<string, readonly unknown[] | undefined>();
  readonly #endedScopes = new Set<string>();

  add(owner: StateOwner, delta: StateDelta, at: number): void {
    for (const [name, value] of Object.entries(delta)) {
      const scopeKey = scopeKeyOf(scopeOf(name), owner);
      const nameJson = JSON.stringify(name);
      const entryKey = hashKey(JSON.stringify([scopeKey, nameJson]));
      this.#entries.set(entryKey, value === null ? undefined : [entryKey, scopeKey, nameJson, JSON.stringify(value), at]);
    }
  }

  endScope(scopeKey: string): void {
    this.#endedScopes.add(scopeKey);
  }

  /** In the order of their keys, so that transactions of different processes do not wait for each other in a circle. */
  queries({ insertMissing, update, remove }: Database['dialect']['rows']): readonly Query[] {
    if (this.#entries.size === 0 && this.#endedScopes.size === 0) return [];
    const keys = [...this.#entries.keys()].sort();
    const rows = keys.map((key) => this.#entries.get(key)).filter((row) => row !== undefined);
    return [
      ...insertMissing(STATE, rows),
      ...update(
        STATE_CHANGE,
        rows.map(([entryKey, , , value, at]) => [entryKey, value, at]),
      ),
      ...remove(
        'session_states',
        'entry_key',
        keys.filter((key) => this.#entries.get(key) === undefined),
      ),
      ...remove('session_states', 'scope_key', [...this.#endedScopes].sort()),
    ];
  }
}

export async function readSessionState(database: Database, task: TaskRecord): Promise<SessionState> {
  const owner = stateOwnerOf(task);
  const rows = (await database.read({ sql: STATES, parameters: SCOPES.map((scope) => scopeKeyOf(scope, owner)) })) as readonly unknown[];
  if (rows.length === 0) return NO_STATE;
  const values = rows as readonly Pick<SessionStateTable, 'name' | 'value'>[];
  return Object.fromEntries(values.map(({ name, value }) => [JSON.parse(name) as string, JSON.parse(value) as JsonValue]));
}

const SCOPES = ['session', 'user', 'app', 'temp'] as const satisfies readonly StateScope[];
const STATES = 'SELECT name, value FROM session_states WHERE scope_key IN (?, ?, ?, ?)';
const NO_STATE: SessionState = {};
