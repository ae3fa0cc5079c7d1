import type { PoolClient, PoolConfig } from 'pg';
import type { DatabaseSettings } from '../../../config/settings.js';
import type { Query } from '../query.js';
import type { OpenContext } from './dialect.js';
import { driverCode } from './driver-error.js';
import { LentConnection } from './lent-connection.js';
import { type BatchOptions, type BatchStatement, type ColumnParser, PostgresBatch } from './postgres-batch.js';
import {
  assertUrl,
  busy,
  CONNECTION_LIFETIME_MS,
  connectTimeoutMs,
  describeServer,
  KEEP_ALIVE_DELAY_MS,
  lockWaitMs,
  sslOptions,
  unavailable,
} from './server.js';
import type { ServerPool } from './server-driver.js';

export async function openPostgresPool(settings: DatabaseSettings, { keyPath, log }: OpenContext): Promise<ServerPool> {
  assertUrl(settings, keyPath);
  const { default: pg } = await import('pg');
  const label = describeServer('PostgreSQL', keyPath, settings);
  const pool = new pg.Pool({
    ...postgresAddress(settings),
    ...poolLimits(settings),
    connectionTimeoutMillis: connectTimeoutMs(settings),
    query_timeout: settings.queryTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
    // For a statement that nobody waits for any more: the server ends it, and with it its locks, shortly after this side gave up.
    statement_timeout: settings.queryTimeoutMs + STATEMENT_GRACE_MS,
    lock_timeout: lockWaitMs(settings),
    // A stopped process must not hold its row locks for ever.
    idle_in_transaction_session_timeout: lockWaitMs(settings),
    application_name: 'hector',
  });
  // An idle connection that breaks is replaced on next use; without a listener it would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection broke'));
  const names = new StatementNames();
  const batches: BatchOptions = {
    parserOf: (type) => (type === INT8_TYPE ? Number : (pg.types.getTypeParser(type) as ColumnParser)),
    columns: new Map(),
  };
  const translateHere = (error: unknown) => translate(error, label, lockWaitMs(settings));

  const lend = async (): Promise<LentConnection<PoolClient>> => {
    const connection = await pool.connect().catch((error: unknown) => {
      throw translateHere(error);
    });
    // The pool listens to idle clients alone, and an error that nobody listens to ends the process.
    const onError = (error: Error): void => lent.abandon(translateHere(error));
    connection.on('error', onError);
    const release = (cause?: unknown): void => {
      connection.off('error', onError);
      // With a query still unanswered, the pool closes the socket without waiting for the server.
      connection.release(cause !== undefined);
    };
    const lent = new LentConnection({ connection, translate: translateHere, release: () => release(), destroy: release });
    return lent;
  };

  try {
    (await lend()).giveBack();
  } catch (error) {
    await pool.end();
    throw unavailable(error, label);
  }
  return {
    label,
    lend: async () => {
      const lent = await lend();
      return {
        run: (queries) =>
          lent.use((client) => {
            const batch = new PostgresBatch(
              queries.map((query) => names.prepare(query)),
              batches,
            );
            client.query(Object.assign(batch, limitOf(queries)));
            return batch.rows;
          }),
        abandon: (cause) => lent.abandon(cause),
        giveBack: () => lent.giveBack(),
      };
    },
    connections: () => ({ open: pool.totalCount, idle: pool.idleCount }),
    close: () => pool.end(),
  };
}

/** CFG-55, CFG-57. What is idle for a minute is closed, down to `max_idle`. */
export function poolLimits({ maxConns, maxIdle }: Pick<DatabaseSettings, 'maxConns' | 'maxIdle'>) {
  return { max: maxConns, min: Math.min(maxIdle, maxConns), idleTimeoutMillis: 60_000, maxLifetimeSeconds: CONNECTION_LIFETIME_MS / 1_000 };
}

/** Names for the few texts of the hot path, which PostgreSQL then plans once per connection. */
class StatementNames {
  readonly #prepared = new Map<string, Omit<BatchStatement, 'values'>>();

  prepare({ sql, parameters }: Query): BatchStatement {
    let prepared = this.#prepared.get(sql);
    if (prepared === undefined) {
      const text = numbered(sql);
      const isKept = (parameters.length > 0 || KEPT.test(sql)) && this.#prepared.size < MAX_PREPARED;
      prepared = { name: isKept ? `hector_${this.#prepared.size}` : '', text };
      if (isKept) this.#prepared.set(sql, prepared);
    }
    return { ...prepared, values: parameters };
  }
}

/** The longest wait for any of them; none: the connection's own. */
function limitOf(queries: readonly Query[]): { readonly query_timeout?: number } {
  const limitMs = Math.max(0, ...queries.map((query) => query.limitMs ?? 0));
  return limitMs === 0 ? {} : { query_timeout: limitMs };
}

function numbered(sql: string): string {
  let count = 0;
  return sql.replaceAll('?', () => `$${++count}`);
}

export function postgresAddress(settings: DatabaseSettings): PoolConfig {
  const ssl = sslOptions(settings);
  if (settings.url !== '') return { connectionString: settings.url, ...(ssl === undefined ? {} : { ssl }) };
  const { host, port, database, username: user, password } = settings;
  return { host, port, database, user, password, ssl: ssl ?? false };
}

function translate(cause: unknown, label: string, waitedMs: number): unknown {
  const code = driverCode(cause);
  if (code === '55P03') return busy(cause, label, waitedMs);
  // Five characters are an answer of the server; classes 08, 53 and 57 say that it is not there for us.
  const answered = /^[0-9A-Z]{5}$/.test(code) && !/^(08|53|57)/.test(code);
  return answered ? cause : unavailable(cause, label);
}

const INT8_TYPE = 20;
/** Around every transaction. */
const KEPT = /^(BEGIN|COMMIT|ROLLBACK)\b/;
const MAX_PREPARED = 200;
const STATEMENT_GRACE_MS = 1_000;
