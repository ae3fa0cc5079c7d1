import { PostgresDialect } from 'kysely';
import type { Pool, PoolClient, PoolConfig, QueryConfig } from 'pg';
import { AppError } from '../../../base/errors.js';
import type { DatabaseSettings } from '../../../config/settings.js';
import { type Program, type Query, type Row, runProgramAsync } from '../query.js';
import type { Driver, OpenContext, SqlDialect } from './dialect.js';
import { driverCode } from './driver-error.js';
import { retryTransaction } from './retry.js';
import { columnArrays } from './row-statements.js';
import { assertUrl, CONNECT_TIMEOUT_MS, describeServer, LOCK_WAIT_MS, sslOptions, unavailable } from './server.js';

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

async function open(settings: DatabaseSettings, { keyPath, clock, log }: OpenContext): Promise<Driver> {
  assertUrl(settings, keyPath);
  const { default: pg } = await import('pg');
  const label = describeServer('PostgreSQL', keyPath, settings);
  const pool = new pg.Pool({
    ...address(settings),
    max: settings.maxConns,
    idleTimeoutMillis: 60_000,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    lock_timeout: LOCK_WAIT_MS,
    // A stopped process must not hold its row locks for ever.
    idle_in_transaction_session_timeout: LOCK_WAIT_MS,
    application_name: 'hector',
    types: {
      getTypeParser: (oid: number, format?: 'text') => (oid === INT8_OID ? Number : pg.types.getTypeParser(oid, format)),
    } as PoolConfig['types'],
  });
  // An idle connection that breaks is replaced on next use; without a listener it would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection broke'));
  const names = new StatementNames();
  const fail = (error: unknown): never => {
    throw translate(error, label);
  };
  try {
    (await pool.connect()).release();
  } catch (error) {
    await pool.end();
    throw unavailable(error, label);
  }
  return {
    label,
    kyselyDialect: new PostgresDialect({ pool }),
    read: async (query) => (await pool.query<Row>(names.prepare(query)).catch(fail)).rows,
    transact: (program) =>
      retryTransaction(() => transactOnce(pool, program, { fail, prepare: (query) => names.prepare(query) }), isRetryable, clock),
    close: () => pool.end(),
  };
}

interface QueryHandling {
  fail(error: unknown): never;
  prepare(query: Query): QueryConfig;
}

async function transactOnce<T>(pool: Pool, program: () => Program<T>, { fail, prepare }: QueryHandling): Promise<T> {
  const client: PoolClient = await pool.connect().catch(fail);
  let broken: Error | undefined;
  // The pool listens to idle clients alone, and an error that nobody listens to ends the process.
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED').catch(fail);
    const result = await runProgramAsync(program(), async (query) => (await client.query<Row>(prepare(query)).catch(fail)).rows);
    await client.query('COMMIT').catch(fail);
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** Names for the few texts of the hot path, which PostgreSQL then plans once per connection. */
class StatementNames {
  readonly #prepared = new Map<string, { readonly name: string; readonly text: string }>();

  prepare({ sql, parameters }: Query): QueryConfig {
    if (parameters.length === 0) return { text: sql, values: [] };
    let prepared = this.#prepared.get(sql);
    if (prepared === undefined) {
      const text = numbered(sql);
      if (this.#prepared.size >= MAX_PREPARED) return { text, values: [...parameters] };
      prepared = { name: `hector_${this.#prepared.size}`, text };
      this.#prepared.set(sql, prepared);
    }
    return { ...prepared, values: [...parameters] };
  }
}

function numbered(sql: string): string {
  let count = 0;
  return sql.replaceAll('?', () => `$${++count}`);
}

function address(settings: DatabaseSettings): PoolConfig {
  const ssl = sslOptions(settings);
  if (settings.url !== '') return { connectionString: settings.url, ...(ssl === undefined ? {} : { ssl }) };
  const { host, port, database, username: user, password } = settings;
  return { host, port, database, user, password, ssl: ssl ?? false };
}

/** Serialization, deadlock, and a unique key that another transaction inserted first: all gone on the next try. */
function isRetryable(error: unknown): boolean {
  return ['40001', '40P01', '23505'].includes(driverCode(error));
}

function translate(cause: unknown, label: string): unknown {
  if (cause instanceof AppError) return cause;
  const code = driverCode(cause);
  if (code === '55P03')
    return new AppError('DATABASE_BUSY', {
      cause,
      retryAfterMs: 1_000,
      message: `${label}: a lock was not free within ${LOCK_WAIT_MS} ms`,
    });
  // Five characters are an answer of the server; classes 08, 53 and 57 say that it is not there for us.
  const answered = /^[0-9A-Z]{5}$/.test(code) && !/^(08|53|57)/.test(code);
  return answered ? cause : unavailable(cause, label);
}

const INT8_OID = 20;
const MAX_PREPARED = 200;
