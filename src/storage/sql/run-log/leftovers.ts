/** Rows of tasks and sessions that are gone, deleted a bite at a time. */
import type { Pause } from '../../../tasks/recovery-store.js';
import type { Database } from '../database.js';
import { type Program, rowsOf } from '../query.js';
import type { LeftoverTable } from '../schema.js';

export const LEFTOVER = { table: 'leftovers', columns: { id: 'key', kind: 'key' } } as const;

export interface ClearOptions {
  readonly pause: Pause | undefined;
  /** Another database that holds such rows: it is cleared first, as long as this one knows what is to be done there. */
  readonly separate?: Database | undefined;
}

/**
 * Until none is left, also of those that a call before this one left behind.
 */
export async function clearLeftovers(database: Database, kind: CountedKind, { pause, separate }: ClearOptions): Promise<void> {
  for (;;) {
    const rows = await database.read({ sql: 'SELECT id FROM leftovers WHERE kind = ? ORDER BY id LIMIT ?', parameters: [kind, BATCH] });
    if (rows.length === 0) return;
    if (separate !== undefined) {
      const queries = separate.dialect.rows.insertMissing(
        LEFTOVER,
        rows.map((row) => [row.id, kind]),
      );
      await separate.transact(function* () {
        for (const query of queries) yield query;
      });
      await clearLeftovers(separate, kind, { pause });
    }
    await database.transact(function* () {
      for (const row of rows) yield* clearSome(String(row.id), kind);
    });
    await pause?.();
  }
}

function* clearSome(id: string, kind: CountedKind): Program<void> {
  for (const table of TABLES[kind]) {
    const [bound] = yield* rowsOf<Record<string, number>>({ sql: table.bound, parameters: [id, BITE - 1] });
    if (bound !== undefined) {
      yield* rowsOf({ sql: table.deleteUpTo, parameters: [id, ...table.place.map((column) => bound[column])] });
      return;
    }
    yield* rowsOf({ sql: table.deleteAll, parameters: [id] });
  }
  yield* rowsOf({ sql: 'DELETE FROM leftovers WHERE id = ? AND kind = ?', parameters: [id, kind] });
}

/** The runs of a deleted session are rows with rows of their own: `delete-session.ts`. */
type CountedKind = Exclude<LeftoverTable['kind'], 'session-tasks'>;

interface LeftoverRows {
  /** Finds the place of the last row of one bite, when there are so many. */
  readonly bound: string;
  readonly place: readonly string[];
  readonly deleteUpTo: string;
  readonly deleteAll: string;
}

const TABLES: Readonly<Record<CountedKind, readonly LeftoverRows[]>> = {
  task: [ordered('task_events', 'task_id', 'seq'), ordered('tool_calls', 'task_id', 'ordinal')],
  session: [
    {
      bound: 'SELECT turn, position FROM session_messages WHERE session_id = ? ORDER BY turn, position LIMIT 1 OFFSET ?',
      place: ['turn', 'turn', 'position'],
      deleteUpTo: 'DELETE FROM session_messages WHERE session_id = ? AND (turn < ? OR (turn = ? AND position <= ?))',
      deleteAll: 'DELETE FROM session_messages WHERE session_id = ?',
    },
    ordered('rolled_back_runs', 'session_id', 'task_id'),
    ordered('recall_messages', 'session_id', 'position'),
    ordered('recall_sessions', 'session_id', 'session_id'),
  ],
};

function ordered(table: string, key: string, order: string): LeftoverRows {
  return {
    bound: `SELECT ${order} FROM ${table} WHERE ${key} = ? ORDER BY ${order} LIMIT 1 OFFSET ?`,
    place: [order],
    deleteUpTo: `DELETE FROM ${table} WHERE ${key} = ? AND ${order} <= ?`,
    deleteAll: `DELETE FROM ${table} WHERE ${key} = ?`,
  };
}

/** Tasks or sessions per transaction, and rows of each of them. */
const BATCH = 10;
const BITE = 100;
