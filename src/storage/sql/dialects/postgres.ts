import type { DatabaseSettings } from '../../../config/settings.js';
import { PATIENT_LIMIT_MS, patient } from '../query.js';
import { chunkWordVector } from './chunk-word-index.js';
import type { Driver, OpenContext, SqlDialect } from './dialect.js';
import { driverCode } from './driver-error.js';
import { openPostgresPool } from './postgres-pool.js';
import { columnArrays } from './row-statements.js';
import { createServerDriver } from './server-driver.js';
import { vectorColumn } from './word-index.js';

export const postgres: SqlDialect = {
  name: 'postgres',
  columnTypes: {
    key: 'text COLLATE "C"',
    text: 'text',
    integer: 'bigint',
    serial: 'bigint GENERATED ALWAYS AS IDENTITY',
    real: 'double precision',
    bytes: 'bytea',
  },
  inlineIndexes: false,
  tableSuffix: '',
  migrationLock: {
    // All of it goes with the transaction. Any fixed number does; it only has to be the same in every process.
    *acquire() {
      yield patient(`SET LOCAL statement_timeout = ${PATIENT_LIMIT_MS}`);
      yield patient("SET LOCAL lock_timeout = '60s'");
      yield patient('SELECT pg_advisory_xact_lock(4071200626)');
    },
    *release() {},
  },
  catalogue: {
    column: 'SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(?::text) AND attname = ?::text AND NOT attisdropped',
    index:
      'SELECT 1 FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = to_regclass(?::text) AND c.relname = ?::text',
  },
  rewritesNamedColumns: false,
  concurrentGroups: 2,
  rows: columnArrays,
  wordIndex: vectorColumn,
  chunkWordIndex: chunkWordVector,
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
