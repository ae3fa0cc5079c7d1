/**
 * Opens a database of the configuration, at the schema this program wants.
 *
 * Owns: the connections. Does not own: what the tables mean (`run-log/`, and a store file per further topic).
 */
import type { Clock } from '../../base/clock.js';
import type { DatabaseSettings } from '../../config/settings.js';
import type { Logger } from '../../observe/log.js';
import { type Meter, silentMetrics } from '../../observe/meter.js';
import type { ConnectionCounts, SqlDialect } from './dialects/dialect.js';
import { mysql } from './dialects/mysql.js';
import { postgres } from './dialects/postgres.js';
import { sqlite } from './dialects/sqlite.js';
import { measureDriver } from './measure-driver.js';
import { migrate } from './migrate.js';
import type { Program, Query, Row } from './query.js';

export interface Database {
  readonly dialect: SqlDialect;
  /**
   * One write transaction, tried again after a deadlock or a lost race; `program` is called anew for each try.
   * @param maxWaitMs for the lock, where the dialect has a `lockWaitMs`. Default: that.
   */
  transact<T>(program: () => Program<T>, maxWaitMs?: number): Promise<T>;
  /** One reading statement; sees what is committed. */
  read(query: Query): Promise<readonly Row[]>;
  connections(): ConnectionCounts;
  /** Waits for what is under way. Safe to call twice. */
  close(): Promise<void>;
}

export interface OpenDatabaseOptions {
  /** Key in `databases`, for messages. */
  readonly name?: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** Default: nobody counts. */
  readonly metrics?: Meter;
}

/**
 * @throws AppError `DATABASE_UNAVAILABLE`, `DATABASE_BUSY`, `DATABASE_SCHEMA` (newer or broken), `STATE_FOLDER_UNUSABLE`.
 */
export async function openDatabase(settings: DatabaseSettings, options: OpenDatabaseOptions): Promise<Database> {
  const dialect = dialects[settings.driver];
  const keyPath = options.name === undefined ? 'databases' : `databases.${options.name}`;
  const driver = await dialect.open(settings, { keyPath, log: options.log, clock: options.clock });
  let closing: Promise<void> | undefined;
  const { name = 'main', metrics = silentMetrics, clock } = options;
  const measured = measureDriver(driver, { database: name, system: settings.driver, metrics, clock });
  const database: Database = {
    dialect,
    ...measured,
    connections: () => driver.connections(),
    close: () => (closing ??= driver.close()),
  };
  try {
    await migrate(database, { clock: options.clock, label: driver.label });
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

const dialects: Readonly<Record<DatabaseSettings['driver'], SqlDialect>> = { sqlite, postgres, mysql };
