/** A run log whose session messages go to a database of their own (SES-10), and a look into both from outside. */
import type { Test } from 'tap';
import type { Clock } from '../../src/base/clock.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Database } from '../../src/storage/sql/database.js';
import { SessionTransfer } from '../../src/storage/sql/session-transfer.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { createSteeredClock } from './steered-clock.js';

export interface SeparateStore {
  readonly store: SqlTaskStore;
  readonly transfer: SessionTransfer;
}

/** With a clock that stands still nothing moves but by `tick()`. */
export function openSeparateStore(t: Test, runs: Database, sessions: Database, clock: Clock = createSteeredClock()): SeparateStore {
  const transfer = new SessionTransfer({ runs, sessions, clock, log: silentLogger });
  t.teardown(() => transfer.close());
  return { store: new SqlTaskStore(runs, { sessions, transfer }), transfer };
}

/** Rows of `session_messages` and `rolled_back_runs`. */
export async function countRows(database: Database): Promise<{ readonly messages: number; readonly rolledBack: number }> {
  const count = async (table: string) => Number((await database.read({ sql: `SELECT COUNT(*) AS n FROM ${table}`, parameters: [] }))[0]?.n);
  return { messages: await count('session_messages'), rolledBack: await count('rolled_back_runs') };
}
