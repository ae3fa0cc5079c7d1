/** The run log's reading side: one statement each, beside the writers. */

import type { TaskState } from '../../../protocol/a2a.js';
import type { SessionMessage } from '../../../tasks/session-message.js';
import type { TaskEvent, TaskEventBody } from '../../../tasks/task-event.js';
import type { SessionRange, TaskHead, TaskRecord } from '../../../tasks/task-store.js';
import type { SessionToolCall, ToolCallQuery, ToolCallRecord } from '../../../tasks/tool-call.js';
import type { Database } from '../database.js';
import type { Query } from '../query.js';
import type { TaskEventTable, TaskTable, ToolCallTable } from '../schema.js';
import { hashKey } from './hash-key.js';
import { ACCEPTED_MESSAGE, isTaskId, TASK, TASK_COLUMNS, toStoredTask } from './rows.js';
import { callKeyOf, TOOL_CALL, toToolCallRecord } from './tool-calls.js';

export async function findTask(database: Database, taskId: string, owner: string | undefined): Promise<TaskRecord | undefined> {
  if (!isTaskId(taskId)) return undefined;
  const row = (await readAll<TaskTable>(database, database.dialect.rows.select(TASK, [taskId], { lock: false })))[0];
  if (row === undefined || (owner !== undefined && (row.owner !== owner || row.parent_id !== null))) return undefined;
  return toStoredTask(row).record;
}

export async function findTaskHead(database: Database, taskId: string, owner: string | undefined): Promise<TaskHead | undefined> {
  if (!isTaskId(taskId)) return undefined;
  const [row] = (await database.read({
    sql: HEAD,
    parameters: [taskId],
    polledAs: `head ${taskId}`,
  })) as readonly unknown[] as readonly HeadRow[];
  return row === undefined || (owner !== undefined && (row.owner !== owner || row.parent_id !== null)) ? undefined : row;
}

export async function isAccepted(database: Database, dedupeKey: string): Promise<boolean> {
  const rows = await readAll(database, database.dialect.rows.select(ACCEPTED_MESSAGE, [hashKey(dedupeKey)], { lock: false }));
  return rows.length > 0;
}

interface EventRange {
  readonly taskId: string;
  readonly afterSeq: number;
  readonly limit: number;
  readonly maxBytes: number | undefined;
}

export async function readEvents(database: Database, { taskId, afterSeq, limit, maxBytes }: EventRange): Promise<readonly TaskEvent[]> {
  if (!isTaskId(taskId)) return [];
  const query =
    maxBytes === undefined
      ? { sql: EVENTS, parameters: [taskId, afterSeq, limit] }
      : { sql: EVENTS_WITHIN, parameters: [taskId, afterSeq, afterSeq + limit, taskId, maxBytes] };
  const rows = await readAll<TaskEventTable & Pick<TaskTable, 'context_id'>>(database, [query]);
  return rows.map((row) => ({
    ...(JSON.parse(row.body) as TaskEventBody),
    taskId,
    contextId: row.context_id,
    seq: row.seq,
    epoch: row.epoch,
    at: row.created_at,
  }));
}

export async function readSequences(database: Database, taskIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const ids = [...new Set(taskIds.filter(isTaskId))];
  const rows = await readAll<Pick<TaskTable, 'id' | 'seq'>>(database, database.dialect.rows.select(SEQUENCE, ids, { lock: false }));
  return new Map(rows.map((row) => [row.id, row.seq]));
}

/** A part of a session by its own key. */
export interface SessionPartRange extends Required<SessionRange> {
  readonly sessionKey: string;
  readonly upToPosition: number;
}

export async function readSessionMessages(
  database: Database,
  { sessionKey, upToTurn, upToPosition, limit }: SessionPartRange,
): Promise<readonly SessionMessage[]> {
  const parameters = [sessionKey, upToTurn, upToPosition, limit];
  const rows = await readAll<{ body: string }>(database, [{ sql: NEWEST_MESSAGES, parameters }]);
  return rows.map((row) => JSON.parse(row.body) as SessionMessage).reverse();
}

export async function readRunnable(
  database: Database,
  before: number,
  limit: number,
  after: Pick<TaskRecord, 'updatedAt' | 'id'>,
): Promise<readonly TaskRecord[]> {
  const parameters = [before, after.updatedAt, after.updatedAt, after.id, limit];
  const rows = await readAll<TaskTable>(database, [{ sql: RUNNABLE, parameters }]);
  return rows.map((row) => toStoredTask(row).record);
}

export async function readOldestUnclaimed(database: Database): Promise<TaskRecord | undefined> {
  const [row] = await readAll<TaskTable>(database, [{ sql: OLDEST_UNCLAIMED, parameters: [] }]);
  return row === undefined ? undefined : toStoredTask(row).record;
}

/** Oldest first. */
export async function readToolCalls(database: Database, taskId: string, query: ToolCallQuery): Promise<readonly ToolCallRecord[]> {
  if (!isTaskId(taskId)) return [];
  const { callIds, openIn, newest = MAX_CALLS } = query;
  const queries =
    callIds === undefined
      ? [
          openIn === undefined
            ? { sql: TOOL_CALLS, parameters: [taskId, newest] }
            : { sql: OPEN_TOOL_CALLS, parameters: [taskId, openIn, newest] },
        ]
      : database.dialect.rows.select(TOOL_CALL, [...new Set(callIds.map((id) => callKeyOf(taskId, id)))], { lock: false });
  const rows = await readAll<ToolCallTable>(database, queries);
  return rows.toSorted((a, b) => a.ordinal - b.ordinal).map(toToolCallRecord);
}

/** Oldest first. Found by the session's runs: a call's key needs the run that made it, and the session's messages do not name it. */
export async function readSessionToolCalls(
  database: Database,
  taskId: string,
  callIds: readonly string[],
): Promise<readonly SessionToolCall[]> {
  if (!isTaskId(taskId)) return [];
  const ids = [...new Set(callIds)].map((id) => JSON.stringify(id));
  const queries: Query[] = [];
  for (let start = 0; start < ids.length; start += IDS_PER_QUERY) {
    const some = ids.slice(start, start + IDS_PER_QUERY);
    queries.push({ sql: `${SESSION_TOOL_CALLS} (${some.map(() => '?').join(', ')})`, parameters: [taskId, ...some] });
  }
  const rows = await readAll<ToolCallTable & { readonly task_state: string }>(database, queries);
  return rows
    .toSorted((a, b) => a.created_at - b.created_at || a.ordinal - b.ordinal)
    .map((row) => ({ ...toToolCallRecord(row), taskState: row.task_state as TaskState }));
}

export async function countToolCalls(database: Database, taskId: string): Promise<number> {
  if (!isTaskId(taskId)) return 0;
  const [row] = await readAll<{ readonly n: number }>(database, [{ sql: TOOL_CALL_COUNT, parameters: [taskId] }]);
  return Number(row?.n ?? 0);
}

async function readAll<R>(database: Database, queries: readonly Query[]): Promise<readonly R[]> {
  if (queries.length === 1) return (await database.read(queries[0] as Query)) as readonly unknown[] as readonly R[];
  const results = await Promise.all(queries.map((query) => database.read(query)));
  return results.flat() as readonly unknown[] as readonly R[];
}

type HeadRow = Pick<TaskTable, 'owner' | 'parent_id' | 'agent' | 'tenant' | 'seq'>;

const HEAD = 'SELECT owner, parent_id, agent, tenant, seq FROM tasks WHERE id = ?';

const SEQUENCE = { table: 'tasks', columns: { id: 'key', seq: 'integer' } } as const;

const EVENTS = `SELECT e.seq, e.epoch, e.created_at, e.body, t.context_id FROM task_events AS e JOIN tasks AS t ON t.id = e.task_id
  WHERE e.task_id = ? AND e.seq > ? ORDER BY e.seq LIMIT ?`;

/** The sizes first, of which every database knows how to tell them without the bodies; sequences have no gaps (R4). */
const EVENTS_WITHIN = `SELECT e.seq, e.epoch, e.created_at, e.body, t.context_id
  FROM (SELECT seq, OCTET_LENGTH(body) AS bytes, SUM(OCTET_LENGTH(body)) OVER (ORDER BY seq) AS bytes_so_far
    FROM task_events WHERE task_id = ? AND seq > ? AND seq <= ?) AS w
  JOIN task_events AS e ON e.task_id = ? AND e.seq = w.seq JOIN tasks AS t ON t.id = e.task_id
  WHERE w.bytes_so_far = w.bytes OR w.bytes_so_far <= ? ORDER BY e.seq`;

const NEWEST_MESSAGES = `SELECT m.body FROM sessions AS s JOIN session_messages AS m ON m.session_id = s.session_id
  WHERE s.session_key = ? AND m.turn <= ? AND m.position <= ?
    AND NOT EXISTS (SELECT 1 FROM rolled_back_runs AS r WHERE r.session_id = m.session_id AND r.task_id = m.task_id)
  ORDER BY m.turn DESC, m.position DESC LIMIT ?`;

const CALL_COLUMNS = Object.keys(TOOL_CALL.columns).join(', ');
const TOOL_CALLS = `SELECT ${CALL_COLUMNS} FROM tool_calls WHERE task_id = ? ORDER BY ordinal DESC LIMIT ?`;
const OPEN_TOOL_CALLS = `SELECT ${CALL_COLUMNS} FROM tool_calls WHERE task_id = ? AND status <> 'done' AND (status <> 'denied' OR step >= ?)
  ORDER BY ordinal DESC LIMIT ?`;
const TOOL_CALL_COUNT = 'SELECT COUNT(*) AS n FROM tool_calls WHERE task_id = ?';
const MAX_CALLS = 2 ** 31 - 1;

/** Parameters of a statement are limited. */
const IDS_PER_QUERY = 500;

const SESSION_TOOL_CALLS = `SELECT ${Object.keys(TOOL_CALL.columns)
  .map((name) => `c.${name}`)
  .join(', ')}, t.state AS task_state
  FROM tasks AS own JOIN tasks AS t ON t.session_id = own.session_id JOIN tool_calls AS c ON c.task_id = t.id
  WHERE own.id = ?
    AND NOT EXISTS (SELECT 1 FROM rolled_back_runs AS r WHERE r.session_id = t.session_id AND r.task_id = t.id)
    AND c.call_id IN`;

const FIRST_OF_SESSION = 'NOT EXISTS (SELECT 1 FROM tasks AS e WHERE e.open_session = t.open_session AND e.turn < t.turn)';

const COLUMNS = TASK_COLUMNS.map((name) => `t.${name}`).join(', ');

const RUNNABLE = `SELECT ${COLUMNS} FROM tasks AS t
  WHERE t.runnable_since <= ? AND t.runnable_since >= ? AND (t.runnable_since > ? OR t.id > ?) AND ${FIRST_OF_SESSION}
  ORDER BY t.runnable_since, t.id LIMIT ?`;

/** With a bound that is none, so that every database sees that the small index will do. */
const OLDEST_UNCLAIMED = `SELECT ${COLUMNS} FROM tasks AS t
  WHERE t.runnable_since >= 0 AND t.worker IS NULL AND ${FIRST_OF_SESSION}
  ORDER BY t.runnable_since, t.id LIMIT 1`;
