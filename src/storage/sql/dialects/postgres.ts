import type { DatabaseSettings } from '../../../config/settings.js';
import type { Driver, OpenContext, SqlDialect } from './dialect.js';
import { driverCode } from './driver-error.js';
import { openPostgresPool } from './postgres-pool.js';
import { columnArrays } from './row-statements.js';
import { createServerDriver } from './server-driver.js';

export const postgres: SqlDialect = {
  name: 'postgres',
  columnTypes: { key: 'text COLLATE "C"', text: 'text', integer: 'bigint', real: 'double precision', bytes: 'bytea' },
  inlineIndexes: false,
  tableSuffix: '',
  // The lock goes with the transaction. Any fixed number does; it only has to be the same in every process.
  migrationLock: { acquire: ["SET LOCAL lock_timeout = '60s'", 'SELECT pg_advisory_xact_lock(4071200626)'], release: [] },
  concurrentGroups: 2,
  rows: columnArrays,
  open,
};

async function open(settings: DatabaseSettings, context: OpenContext): Promise<Driver> {
  const pool = await openPostgresPool(settings, context);
  return createServerDriver(pool, { begin: 'BEGIN ISOLATION LEVEL READ COMMITTED', isRetryable, clock: context.clock });
}

/** Serialization, deadlock, and a unique key that another transaction inserted first: all gone on the next try. */
function isRetryable(error: unknown): boolean {
  return ['40001', '40P01', '23505'].includes(driverCode(error));
}
