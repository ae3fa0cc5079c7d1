/**
 * Messages of sessions that are kept in a database of their own (SES-10): what has been moved there and what has not, as one.
 *
 * The order of the statements matters. A move inserts there before it deletes here, so whoever reads here first and there
 * second meets each row at least once; the key tells when it was twice.
 */
import type { SessionMessage } from '../../tasks/session-message.js';
import type { Database } from './database.js';
import type { SessionPartRange } from './run-log/task-reads.js';
import type { RolledBackRunTable, SessionMessageTable } from './schema.js';

export interface SeparateDatabases {
  /** `storage.tasks.database`: the run log, with the messages that have not been moved yet. */
  readonly runs: Database;
  /** `storage.sessions.database` */
  readonly sessions: Database;
}

/** @throws AppError `DATABASE_UNAVAILABLE` when one of them is away: half a session is no answer. */
export async function readSeparateMessages(
  { runs, sessions }: SeparateDatabases,
  { sessionKey, upToTurn, upToPosition, limit }: SessionPartRange,
): Promise<readonly SessionMessage[]> {
  const [here, leaving] = await Promise.all([
    read<NotMoved>(runs, NOT_MOVED, [upToTurn, upToPosition, sessionKey, limit]),
    read<Pick<RolledBackRunTable, 'task_id'>>(runs, LEAVING, [sessionKey]),
  ]);
  const sessionId = here[0]?.session_id;
  if (sessionId === undefined) return [];
  const excluded = leaving.map((row) => row.task_id);
  const there = await read<Placed>(sessions, moved(excluded.length), [sessionId, upToTurn, upToPosition, ...excluded, limit]);
  const byPlace = new Map<string, Placed>();
  for (const row of [...there, ...here]) if (row.body !== null) byPlace.set(`${row.turn}.${row.position}`, row as Placed);
  const newest = [...byPlace.values()].sort((a, b) => b.turn - a.turn || b.position - a.position).slice(0, limit);
  return newest.map((row) => JSON.parse(row.body) as SessionMessage).reverse();
}

type Placed = Pick<SessionMessageTable, 'turn' | 'position' | 'body'>;
/** A session without a row here: one row of nulls behind its id. */
type NotMoved = { [Column in keyof Placed]: Placed[Column] | null } & { readonly session_id: string };

async function read<R>(database: Database, sql: string, parameters: readonly unknown[]): Promise<readonly R[]> {
  return (await database.read({ sql, parameters })) as readonly unknown[] as readonly R[];
}

const NOT_ROLLED_BACK = 'NOT EXISTS (SELECT 1 FROM rolled_back_runs AS r WHERE r.session_id = m.session_id AND r.task_id = m.task_id)';

const NOT_MOVED = `SELECT s.session_id, m.turn, m.position, m.body FROM sessions AS s
  LEFT JOIN session_messages AS m ON m.session_id = s.session_id AND m.turn <= ? AND m.position <= ? AND ${NOT_ROLLED_BACK}
  WHERE s.session_key = ? ORDER BY m.turn DESC, m.position DESC LIMIT ?`;

/** Runs that left the session, while what they said is still on its way there. */
const LEAVING = `SELECT r.task_id FROM sessions AS s JOIN rolled_back_runs AS r ON r.session_id = s.session_id WHERE s.session_key = ?`;

function moved(excluded: number): string {
  const leaving = excluded === 0 ? '' : ` AND m.task_id NOT IN (${'?, '.repeat(excluded).slice(0, -2)})`;
  return `SELECT m.turn, m.position, m.body FROM session_messages AS m WHERE m.session_id = ? AND m.turn <= ? AND m.position <= ?${leaving}
  AND ${NOT_ROLLED_BACK} ORDER BY m.turn DESC, m.position DESC LIMIT ?`;
}
