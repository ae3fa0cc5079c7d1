import { Duplex } from 'node:stream';
import type { Pool, PoolConnection, PoolOptions } from 'mysql2';
import type { Clock } from '../../../base/clock.js';
import type { DatabaseSettings } from '../../../config/settings.js';
import type { Row } from '../query.js';
import type { OpenContext } from './dialect.js';
import { driverCode } from './driver-error.js';
import { LentConnection } from './lent-connection.js';
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

export async function openMysqlPool(settings: DatabaseSettings, { keyPath, clock }: OpenContext): Promise<ServerPool> {
  assertUrl(settings, keyPath);
  const { createPool } = await import('mysql2');
  const label = describeServer('MySQL', keyPath, settings);
  const pool = createPool({
    ...mysqlAddress(settings),
    connectionLimit: settings.maxConns,
    maxIdle: settings.maxIdle,
    idleTimeout: 60_000,
    connectTimeout: connectTimeoutMs(settings),
    enableKeepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
    // Literals compare as the columns do, else a join with a list of them could use no index.
    charset: 'UTF8MB4_BIN',
    // Values are escaped with backslashes: the session settings see to it that the server reads them so.
    stringifyObjects: true,
  });
  const translateHere = (error: unknown) => translate(error, label, lockWaitMs(settings));
  const users = new Users();
  const counts = { open: 0 };
  pool.on('connection', (connection) => {
    counts.open += 1;
    (connection as unknown as { stream: Duplex }).stream.once('close', () => {
      counts.open -= 1;
    });
  });
  /** When each was made ready. */
  const known = new WeakMap<PoolConnection, number>();

  const send = <T>(lent: LentConnection<PoolConnection>, sql: string, values: readonly unknown[], limitMs = settings.queryTimeoutMs) =>
    lent.use(async (connection) => (await connection.promise().query({ sql, values: [...values], timeout: limitMs }))[0] as T);

  const lend = async (): Promise<LentConnection<PoolConnection>> => {
    const connection = await takeConnection(pool, connectTimeoutMs(settings), clock).catch((error: unknown) => {
      throw translateHere(error);
    });
    const done = users.add();
    const release = (): void => {
      if (clock.monotonic() - (known.get(connection) ?? Number.POSITIVE_INFINITY) > CONNECTION_LIFETIME_MS) destroyConnection(connection);
      else connection.release();
      done();
    };
    const destroy = (): void => {
      destroyConnection(connection);
      done();
    };
    const lent = new LentConnection({ connection, translate: translateHere, release, destroy });
    if (known.has(connection)) return lent;
    try {
      for (const sql of sessionSettings(settings)) await send(lent, sql, []);
      known.set(connection, clock.monotonic());
      return lent;
    } catch (error) {
      lent.giveBack();
      throw error;
    }
  };

  try {
    (await lend()).giveBack();
  } catch (error) {
    await pool.promise().end();
    throw unavailable(error, label);
  }
  return {
    label,
    lend: async () => {
      const lent = await lend();
      return {
        // The driver sends a statement when the one before it is answered.
        run: async (queries) => {
          const rows: (readonly Row[])[] = [];
          for (const { sql, parameters, limitMs } of queries) {
            const result = await send<unknown>(lent, sql, parameters, limitMs);
            rows.push(Array.isArray(result) ? (result as Row[]) : []);
          }
          return rows;
        },
        abandon: (cause) => lent.abandon(cause),
        giveBack: () => lent.giveBack(),
      };
    },
    connections: () => ({ open: counts.open, idle: Math.max(0, counts.open - users.size) }),
    close: async () => {
      // The driver's own end waits for ever for a connection that is destroyed while it waits.
      await users.gone();
      await pool.promise().end();
    },
  };
}

/** The pool would let its callers wait without limit. */
export function takeConnection(pool: Pool, limitMs: number, clock: Clock): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const cancelTimer = clock.after(limitMs, () => {
      isLate = true;
      reject(new Error(`no connection was free within ${limitMs} ms`));
    });
    pool.getConnection((error, connection) => {
      cancelTimer();
      if (error !== null) reject(error);
      else if (isLate) connection.release();
      else resolve(connection);
    });
  });
}

/** Its own `destroy` says goodbye and waits for the server to do the same. */
export function destroyConnection(connection: PoolConnection): void {
  connection.destroy();
  const stream: unknown = Reflect.get(connection, 'stream');
  if (stream instanceof Duplex) stream.destroy();
}

/** How many connections are lent. */
class Users {
  #count = 0;
  #onGone: (() => void) | undefined;

  get size(): number {
    return this.#count;
  }

  /** @returns to be called when the connection is given back. */
  add(): () => void {
    this.#count += 1;
    return () => {
      this.#count -= 1;
      if (this.#count === 0) this.#onGone?.();
    };
  }

  async gone(): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      this.#onGone = resolve;
    });
  }
}

export function mysqlAddress(settings: DatabaseSettings): PoolOptions {
  const ssl = sslOptions(settings);
  const tls = ssl === undefined ? {} : { ssl: { ...ssl, verifyIdentity: ssl.rejectUnauthorized } };
  if (settings.url !== '') return { uri: settings.url, ...tls };
  const { host, port, database, username: user, password } = settings;
  return { ...(host.startsWith('/') ? { socketPath: host } : { host, port }), database, user, password, ...tls };
}

function translate(cause: unknown, label: string, waitedMs: number): unknown {
  const code = driverCode(cause);
  if (code === 'ER_LOCK_WAIT_TIMEOUT') return busy(cause, label, waitedMs);
  const answered = code.startsWith('ER_') && !GONE.includes(code);
  return answered ? cause : unavailable(cause, label);
}

const GONE: readonly string[] = ['ER_SERVER_SHUTDOWN', 'ER_CON_COUNT_ERROR', 'ER_ACCESS_DENIED_ERROR', 'ER_CONNECTION_KILLED'];

/** Sent before anything else on a new connection. */
function sessionSettings(settings: DatabaseSettings): readonly string[] {
  return [
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', SESSION innodb_lock_wait_timeout = ${lockWaitMs(settings) / 1_000}`,
  ];
}
