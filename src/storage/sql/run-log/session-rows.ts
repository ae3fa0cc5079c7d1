/**
 * Rows of one session's messages, from wherever they are (SES-10). A move inserts there before it deletes here, so whoever reads here first
 * and there second meets each row at least once; the place tells when it was twice.
 */
import type { PlacedMessage } from '../../../tasks/session-store.js';
import type { Database } from '../database.js';
import type { RolledBackRunTable, SessionMessageTable } from '../schema.js';

export interface SessionDatabases {
  readonly runs: Database;
  /** Where the messages of sessions go, if not into `runs`. */
  readonly separate: Database | undefined;
}

export interface RowCondition {
  /** On the columns of `m`, beside the session's id. */
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly order: 'newest first' | 'by arrival';
  readonly limit: number;
}

type Place = Pick<SessionMessageTable, 'turn' | 'position' | 'task_id' | 'body'>;

/** In the asked order, without those of runs that were rolled back. */
export async function readSessionRows(
  { runs, separate }: SessionDatabases,
  sessionId: string,
  condition: RowCondition,
): Promise<readonly PlacedMessage[]> {
  const query = { sql: textOf(condition), parameters: [sessionId, ...condition.parameters, condition.limit] };
  const [here, leaving] = await Promise.all([
    runs.read(query),
    separate === undefined ? [] : runs.read({ sql: LEAVING, parameters: [sessionId] }),
  ]);
  const there = separate === undefined ? [] : await separate.read(query);
  const gone = new Set((leaving as readonly unknown[] as readonly RolledBackRunTable[]).map((row) => row.task_id));
  const rows = new Map<number, Place>();
  for (const row of [...there, ...here] as readonly unknown[] as readonly Place[]) if (!gone.has(row.task_id)) rows.set(row.position, row);
  const compare = condition.order === 'by arrival' ? byArrival : newestFirst;
  return [...rows.values()].sort(compare).slice(0, condition.limit).map(toPlacedMessage);
}

function textOf({ sql, order }: RowCondition): string {
  const by = order === 'by arrival' ? 'm.position' : 'm.turn DESC, m.position DESC';
  return `SELECT m.turn, m.position, m.task_id, m.body FROM session_messages AS m WHERE m.session_id = ? AND ${sql}
    AND NOT EXISTS (SELECT 1 FROM rolled_back_runs AS r WHERE r.session_id = m.session_id AND r.task_id = m.task_id)
    ORDER BY ${by} LIMIT ?`;
}

function newestFirst(a: Place, b: Place): number {
  return b.turn - a.turn || b.position - a.position;
}

function byArrival(a: Place, b: Place): number {
  return a.position - b.position;
}

function toPlacedMessage(row: Place): PlacedMessage {
  return { turn: row.turn, position: row.position, taskId: row.task_id, message: JSON.parse(row.body) as PlacedMessage['message'] };
}

/** Runs that left the session, while what they said is still on its way there. */
const LEAVING = 'SELECT session_id, task_id FROM rolled_back_runs WHERE session_id = ?';
