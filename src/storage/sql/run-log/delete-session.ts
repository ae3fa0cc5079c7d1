/**
 * A session goes because its owner says so, with its runs (SES-05).
 *
 * Invariants:
 * - The session's row is the first to go, under its lock and only while no run of it is open: whoever adds a run, or lets a waiting one
 *   go on, holds that lock. From then on its messages and runs belong to no session that can be named; the same context begins another.
 * - What is left to do stands in `leftovers`, so that a crash costs nothing but time.
 * - Runs go as retention lets them go: by id, locked, with all below them (D1, D2, D4).
 */

import type { Pause } from '../../../tasks/recovery-store.js';
import type { DeleteSessionOutcome } from '../../../tasks/session-store.js';
import type { Database } from '../database.js';
import { type Program, rowsOf, rowsOfAll } from '../query.js';
import type { SessionTable, TaskTable } from '../schema.js';
import { clearLeftovers, LEFTOVER } from './leftovers.js';
import { removeEndedTasks } from './retention.js';
import { sessionScopeKey } from './session-states.js';
import { IS_OPEN } from './state-conditions.js';

export interface DeletionTarget {
  readonly sessionKey: string;
  readonly sessionId: string;
}

export async function deleteSession(
  database: Database,
  target: DeletionTarget,
  { separate, pause }: { readonly separate: Database | undefined; readonly pause: Pause | undefined },
): Promise<DeleteSessionOutcome> {
  const outcome = await database.transact(() => takeAway(database, target));
  if (outcome.type === 'deleted') await completeDeletions(database, separate, pause);
  return outcome;
}

/** Runs first: their messages are what the last of them is told apart by. */
export async function completeDeletions(database: Database, separate: Database | undefined, pause: Pause | undefined): Promise<void> {
  const sessions = await database.read({
    sql: "SELECT id FROM leftovers WHERE kind = 'session-tasks' ORDER BY id LIMIT 100",
    parameters: [],
  });
  for (const { id } of sessions) await deleteRuns(database, String(id), pause);
  await clearLeftovers(database, 'task', { pause });
  await clearLeftovers(database, 'session', { pause, separate });
}

function* takeAway({ dialect: { rows } }: Database, { sessionKey, sessionId }: DeletionTarget): Program<DeleteSessionOutcome> {
  const [session] = yield* rowsOfAll<Pick<SessionTable, 'session_id'>>(rows.select(SESSION_NAME, [sessionKey], { lock: true }));
  if (session?.session_id !== sessionId) return { type: 'not-found' };
  const open = yield* rowsOf<Pick<TaskTable, 'id'>>({ sql: OPEN_RUNS, parameters: [sessionId] });
  if (open.length > 0) return { type: 'active', taskIds: open.map(({ id }) => id) };
  const left = [
    [sessionId, 'session'],
    [sessionId, 'session-tasks'],
  ];
  for (const query of rows.insertMissing(LEFTOVER, left)) yield query;
  for (const query of rows.remove('sessions', 'session_key', [sessionKey])) yield query;
  for (const query of rows.remove('session_states', 'scope_key', [sessionScopeKey(sessionKey)])) yield query;
  return { type: 'deleted' };
}

async function deleteRuns(database: Database, sessionId: string, pause: Pause | undefined): Promise<void> {
  for (;;) {
    const found = await database.read({ sql: RUNS, parameters: [sessionId, BATCH] });
    const ids = found.map(({ id }) => String(id)).sort();
    if (ids.length === 0) break;
    const count = await database.transact(() => removeEndedTasks(database, ids, Number.MAX_SAFE_INTEGER));
    // Of a process of an earlier version: the keeper notes when it ended, and this goes on then.
    if (count === 0) return;
    await pause?.();
  }
  await database.transact(function* () {
    yield { sql: "DELETE FROM leftovers WHERE id = ? AND kind = 'session-tasks'", parameters: [sessionId] };
  });
}

const SESSION_NAME = { table: 'sessions', columns: { session_key: 'key', session_id: 'key' } } as const;
const OPEN_RUNS = `SELECT id FROM tasks WHERE session_id = ? AND ${IS_OPEN} ORDER BY id LIMIT 100`;
const RUNS = 'SELECT id FROM tasks WHERE session_id = ? AND parent_id IS NULL ORDER BY id LIMIT ?';
const BATCH = 20;
