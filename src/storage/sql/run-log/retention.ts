/**
 * What is old is deleted, in transactions so small that nobody waits for them.
 *
 * Invariants:
 * - D1 Each row is looked at again under its lock: a session that was used meanwhile stays.
 * - D2 Locks as everywhere: tasks by id, then sessions by key.
 * - D3 A task or session goes at once, so that nobody sees half of it. Its events, tool calls or messages may be many: its id stays in
 *   `leftovers` until the last of them is deleted, by this call or, after a crash, by the next.
 * - D4 A child and its session are never deleted by themselves: they go with the root, which may still be at work when they have ended.
 *   A client's session takes the sessions of all children of its runs with it.
 */
import type { Pause } from '../../../tasks/recovery-store.js';
import type { Database } from '../database.js';
import { type Program, type Query, rowsOf, rowsOfAll } from '../query.js';
import type { LeftoverTable, SessionTable, TaskTable } from '../schema.js';
import { childSessionKey } from './family.js';
import { clearLeftovers, LEFTOVER } from './leftovers.js';
import { sessionScopeKey } from './session-states.js';
import { IS_ENDED, IS_OPEN } from './state-conditions.js';

export interface Deletion {
  readonly before: number;
  readonly limit: number;
  readonly pause: Pause | undefined;
}

/** What a process of an earlier version knows nothing of and so leaves as it was: when the run ended, and what only runs have that have not. */
export async function completeEnded(database: Database, limit: number, pause?: Pause): Promise<number> {
  const ids = await readKeys(database, { sql: ENDED_UNNOTED, parameters: [limit] });
  return await inBatches(database, ids, { size: NOTE_BATCH, pause }, function* (batch) {
    const { rows } = database.dialect;
    const tasks = yield* rowsOfAll<UnnotedTask>(rows.select(UNNOTED, batch, { lock: true }));
    // They had ended when they were found, and stay so (R5).
    const ended = tasks.filter(({ ended_at }) => ended_at === null);
    yield* runAll(
      rows.update(
        END_NOTE,
        ended.map(({ id, updated_at }) => [id, null, null, null, updated_at, updated_at]),
      ),
    );
    return ended.length;
  });
}

/** @param separate where the messages of sessions are kept, if not in `database` (SES-10). */
export async function deleteTasks(database: Database, { before, limit, pause }: Deletion, separate?: Database): Promise<number> {
  const ids = await readKeys(database, { sql: OLD_TASKS, parameters: [before, limit] });
  const count = await inBatches(database, ids, { size: BATCH, pause }, (batch) => removeEndedTasks(database, batch, before));
  await clearLeftovers(database, 'task', { pause });
  await clearLeftovers(database, 'session', { pause, separate });
  return count;
}

/** Runs of clients that ended before then, with all below them; says how many of them there were. */
export function* removeEndedTasks(database: Database, batch: readonly string[], before: number): Program<number> {
  const { rows } = database.dialect;
  // A root that has ended gets no further child (R5).
  const below = yield* readBelow(batch);
  const tasks = yield* rowsOfAll<EndedTask>(rows.select(TASK_END, [...batch, ...below.map(({ id }) => id)].sort(), { lock: true }));
  const ended = new Set(tasks.filter(({ ended_at }) => ended_at !== null && ended_at < before).map(({ id }) => id));
  const roots = batch.filter((id) => ended.has(id));
  const children = below.filter(({ root_id }) => ended.has(root_id)).map(({ id }) => id);
  yield* runAll(rows.remove('accepted_messages', 'task_id', roots));
  yield* runAll(rows.remove('push_configs', 'task_id', roots));
  const gone = [...roots, ...children];
  yield* runAll(
    rows.insert(
      LEFTOVER,
      gone.map((id) => [id, 'task' satisfies LeftoverTable['kind']]),
    ),
  );
  yield* runAll(rows.remove('tasks', 'id', gone));
  yield* removeChildSessions(database, children);
  return roots.length;
}

/** Sessions' messages stay; what a task said to others is gone, but for how it began and ended, and so is what its tools answered. */
export async function deleteEvents(database: Database, { before, limit, pause }: Deletion): Promise<number> {
  const ids = await readKeys(database, { sql: OLD_LOGS, parameters: [before, limit] });
  let count = 0;
  for (const id of ids) {
    let outcome: 'some' | 'all' | 'none' = 'some';
    while (outcome === 'some') {
      outcome = await database.transact(() => trim(database, id, before));
      await pause?.();
    }
    if (outcome === 'all') count += 1;
  }
  return count;
}

/** @param separate where the messages of sessions are kept, if not in `database` (SES-10). */
export async function deleteSessions(database: Database, { before, limit, pause }: Deletion, separate?: Database): Promise<number> {
  const keys = await readKeys(database, { sql: OLD_SESSIONS, parameters: [before, limit] });
  const count = await inBatches(database, keys, { size: BATCH, pause }, function* (batch) {
    const { rows } = database.dialect;
    const sessions = yield* rowsOfAll<IdleSession>(rows.select(SESSION_USE, batch, { lock: true }));
    const gone: IdleSession[] = [];
    for (const session of sessions) {
      if (session.updated_at >= before) continue;
      // Whoever adds a run to a session, or lets a waiting one go on, holds the session's lock, which is held here.
      const open = yield* rowsOf({ sql: OPEN_RUN, parameters: [session.session_id] });
      if (open.length === 0) gone.push(session);
    }
    yield* runAll(
      rows.insert(
        LEFTOVER,
        gone.map((session) => [session.session_id, 'session' satisfies LeftoverTable['kind']]),
      ),
    );
    yield* runAll(
      rows.remove(
        'sessions',
        'session_key',
        gone.map((session) => session.session_key),
      ),
    );
    yield* runAll(
      rows.remove(
        'session_states',
        'scope_key',
        gone.map((session) => sessionScopeKey(session.session_key)),
      ),
    );
    const children: string[] = [];
    for (const { session_id } of gone) {
      const rows = yield* rowsOf<Pick<TaskTable, 'id'>>({ sql: CHILDREN_OF_SESSION, parameters: [session_id] });
      children.push(...rows.map(({ id }) => id));
    }
    yield* removeChildSessions(database, children);
    return gone.length;
  });
  await clearLeftovers(database, 'session', { pause, separate });
  return count;
}

/** One bite of a task's log. The last event of an ended task is its last status (R5). */
function* trim({ dialect }: Database, id: string, before: number): Program<'some' | 'all' | 'none'> {
  const [task] = yield* rowsOfAll<EndedTask>(dialect.rows.select(TASK_END, [id], { lock: true }));
  if (task === undefined || task.whole_since === null || task.whole_since >= before) return 'none';
  const [bound] = yield* rowsOf<{ seq: number }>({ sql: TRIM_BOUND, parameters: [id, task.seq, BITE - 1] });
  yield* rowsOf({ sql: TRIM, parameters: [id, bound === undefined ? task.seq - 1 : bound.seq] });
  if (bound !== undefined) return 'some';
  const [call] = yield* rowsOf<{ ordinal: number }>({ sql: RESULT_BOUND, parameters: [id, BITE - 1] });
  yield* rowsOf({ sql: DROP_RESULTS, parameters: [id, call?.ordinal ?? task.last_call ?? 0] });
  if (call !== undefined) return 'some';
  yield* runAll(dialect.rows.update(LOG_CHANGE, [[id, null]]));
  return 'all';
}

function* readBelow(rootIds: readonly string[]): Program<readonly { readonly id: string; readonly root_id: string }[]> {
  if (rootIds.length === 0) return [];
  return yield* rowsOf({ sql: `${BELOW} (${rootIds.map(() => '?').join(', ')})`, parameters: rootIds });
}

/** Of runs that have ended, and whose roots have: nobody writes to them. What was cleared before is cleared again for nothing. */
function* removeChildSessions({ dialect: { rows } }: Database, childIds: readonly string[]): Program<void> {
  const keys = childIds.map(childSessionKey);
  const known = yield* rowsOfAll<IdleSession>(rows.select(SESSION_USE, keys.toSorted(), { lock: true }));
  yield* runAll(
    rows.insert(
      LEFTOVER,
      known.map(({ session_id }) => [session_id, 'session' satisfies LeftoverTable['kind']]),
    ),
  );
  yield* runAll(rows.remove('sessions', 'session_key', keys));
  yield* runAll(rows.remove('session_states', 'scope_key', keys.map(sessionScopeKey)));
}

async function inBatches(
  database: Database,
  keys: readonly string[],
  { size, pause }: { readonly size: number; readonly pause: Pause | undefined },
  program: (batch: readonly string[]) => Program<number>,
): Promise<number> {
  let count = 0;
  for (let start = 0; start < keys.length; start += size) {
    const batch = keys.slice(start, start + size).sort();
    count += await database.transact(() => program(batch));
    await pause?.();
  }
  return count;
}

async function readKeys(database: Database, query: Query): Promise<readonly string[]> {
  return (await database.read(query)).map((row) => String(Object.values(row)[0]));
}

function* runAll(queries: readonly Query[]): Program<void> {
  for (const query of queries) yield query;
}

type EndedTask = Pick<TaskTable, 'id' | 'seq' | 'last_call' | 'ended_at' | 'whole_since'>;
type UnnotedTask = Pick<TaskTable, 'id' | 'updated_at' | 'ended_at'>;
type IdleSession = Pick<SessionTable, 'session_key' | 'session_id' | 'updated_at'>;

const TASK_END = {
  table: 'tasks',
  columns: { id: 'key', seq: 'integer', last_call: 'integer', ended_at: 'integer', whole_since: 'integer' },
} as const;
const UNNOTED = { table: 'tasks', columns: { id: 'key', updated_at: 'integer', ended_at: 'integer' } } as const;
const END_NOTE = {
  table: 'tasks',
  columns: { id: 'key', worker: 'text', held_since: 'integer', expires_at: 'integer', ended_at: 'integer', whole_since: 'integer' },
} as const;
const LOG_CHANGE = { table: 'tasks', columns: { id: 'key', whole_since: 'integer' } } as const;
const SESSION_USE = { table: 'sessions', columns: { session_key: 'key', session_id: 'key', updated_at: 'integer' } } as const;

const ENDED_UNNOTED = `SELECT id FROM tasks WHERE ended_at IS NULL AND ${IS_ENDED} ORDER BY ended_at, created_at, id LIMIT ?`;
const OLD_TASKS = 'SELECT id FROM tasks WHERE ended_at < ? AND parent_id IS NULL ORDER BY ended_at, created_at, id LIMIT ?';
const OLD_LOGS = 'SELECT id FROM tasks WHERE whole_since < ? ORDER BY whole_since, id LIMIT ?';
const OLD_SESSIONS = `SELECT s.session_key FROM sessions AS s WHERE s.updated_at < ?
  AND NOT EXISTS (SELECT 1 FROM tasks AS t WHERE t.session_id = s.session_id AND ${IS_OPEN})
  AND NOT EXISTS (SELECT 1 FROM tasks AS c WHERE c.id = s.session_id AND c.parent_id IS NOT NULL) ORDER BY s.updated_at, s.session_key LIMIT ?`;
const BELOW = 'SELECT id, root_id FROM tasks WHERE root_id IN';
const CHILDREN_OF_SESSION = 'SELECT c.id FROM tasks AS t JOIN tasks AS c ON c.root_id = t.id WHERE t.session_id = ?';
const OPEN_RUN = `SELECT 1 FROM tasks WHERE session_id = ? AND ${IS_OPEN} LIMIT 1`;

const TRIM_BOUND = 'SELECT seq FROM task_events WHERE task_id = ? AND seq > 1 AND seq < ? ORDER BY seq LIMIT 1 OFFSET ?';
const TRIM = 'DELETE FROM task_events WHERE task_id = ? AND seq > 1 AND seq <= ?';

const RESULT_BOUND = 'SELECT ordinal FROM tool_calls WHERE task_id = ? AND result IS NOT NULL ORDER BY ordinal LIMIT 1 OFFSET ?';
const DROP_RESULTS = 'UPDATE tool_calls SET result = NULL WHERE task_id = ? AND ordinal <= ?';

/** Tasks or sessions per transaction, and events. */
const BATCH = 20;
/** Nothing else than this changes a task that has ended. */
const NOTE_BATCH = 100;
const BITE = 200;
