import { MysqlDialect } from 'kysely';
import type { Pool, PoolOptions } from 'mysql2';
import { AppError } from '../../../base/errors.js';
import type { DatabaseSettings } from '../../../config/settings.js';
import { type Program, type Row, runProgramAsync } from '../query.js';
import type { Driver, OpenContext, SqlDialect } from './dialect.js';
import { driverCode } from './driver-error.js';
import { retryTransaction } from './retry.js';
import { valueLists } from './row-statements.js';
import { assertUrl, CONNECT_TIMEOUT_MS, describeServer, LOCK_WAIT_MS, sslOptions, unavailable } from './server.js';

/** MySQL 8 and MariaDB 10.5 or newer. */
export const mysql: SqlDialect = {
  name: 'mysql',
  columnTypes: {
    key: 'varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    text: 'longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    integer: 'bigint',
    real: 'double',
    bytes: 'longblob',
  },
  inlineIndexes: true,
  tableSuffix: ' ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
  migrationLock: {
    acquire: ["SELECT GET_LOCK(CONCAT('hector.', LEFT(SHA2(DATABASE(), 256), 40)), 60)"],
    release: ["SELECT RELEASE_LOCK(CONCAT('hector.', LEFT(SHA2(DATABASE(), 256), 40)))"],
  },
  concurrentGroups: 2,
  rows: valueLists,
  open,
};

async function open(settings: DatabaseSettings, { keyPath, clock }: OpenContext): Promise<Driver> {
  assertUrl(settings, keyPath);
  const { createPool } = await import('mysql2');
  const label = describeServer('MySQL', keyPath, settings);
  const pool = createPool({
    ...address(settings),
    connectionLimit: settings.maxConns,
    maxIdle: settings.maxIdle,
    idleTimeout: 60_000,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // Literals compare as the columns do, else a join with a list of them could use no index.
    charset: 'UTF8MB4_BIN',
    // Values are escaped with backslashes: SESSION_SETTINGS sees to it that the server reads them so.
    stringifyObjects: true,
  });
  // Sent before anything else on the new connection.
  pool.on('connection', (connection) => {
    for (const sql of SESSION_SETTINGS) connection.query(sql);
  });
  const fail = (error: unknown): never => {
    throw translate(error, label);
  };
  const promisePool = pool.promise();
  try {
    (await promisePool.getConnection()).release();
  } catch (error) {
    await promisePool.end();
    throw unavailable(error, label);
  }
  return {
    label,
    kyselyDialect: new MysqlDialect({ pool }),
    read: async ({ sql, parameters }) => toRows((await promisePool.query(sql, [...parameters]).catch(fail))[0]),
    transact: (program) => retryTransaction(() => transactOnce(pool, program, fail), isRetryable, clock),
    close: () => promisePool.end(),
  };
}

async function transactOnce<T>(pool: Pool, program: () => Program<T>, fail: (error: unknown) => never): Promise<T> {
  const connection = await pool.promise().getConnection().catch(fail);
  let usable = true;
  try {
    await connection.query('START TRANSACTION').catch(fail);
    const result = await runProgramAsync(program(), async ({ sql, parameters }) =>
      toRows((await connection.query(sql, [...parameters]).catch(fail))[0]),
    );
    await connection.query('COMMIT').catch(fail);
    return result;
  } catch (error) {
    await connection.query('ROLLBACK').catch(() => {
      // The connection is gone, and with it the transaction.
      usable = false;
    });
    throw error;
  } finally {
    if (usable) connection.release();
    else connection.destroy();
  }
}

function toRows(result: unknown): readonly Row[] {
  return Array.isArray(result) ? (result as Row[]) : [];
}

function address(settings: DatabaseSettings): PoolOptions {
  const ssl = sslOptions(settings);
  const tls = ssl === undefined ? {} : { ssl: { ...ssl, verifyIdentity: ssl.rejectUnauthorized } };
  if (settings.url !== '') return { uri: settings.url, ...tls };
  const { host, port, database, username: user, password } = settings;
  return { ...(host.startsWith('/') ? { socketPath: host } : { host, port }), database, user, password, ...tls };
}

/** Deadlock, and a unique key that another transaction inserted first: gone on the next try. */
function isRetryable(error: unknown): boolean {
  return ['ER_LOCK_DEADLOCK', 'ER_DUP_ENTRY', 'ER_CHECKREAD'].includes(driverCode(error));
}

function translate(cause: unknown, label: string): unknown {
  if (cause instanceof AppError) return cause;
  const code = driverCode(cause);
  if (code === 'ER_LOCK_WAIT_TIMEOUT')
    return new AppError('DATABASE_BUSY', {
      cause,
      retryAfterMs: 1_000,
      message: `${label}: a lock was not free within ${LOCK_WAIT_MS} ms`,
    });
  const answered = code.startsWith('ER_') && !GONE.includes(code);
  return answered ? cause : unavailable(cause, label);
}

const GONE: readonly string[] = ['ER_SERVER_SHUTDOWN', 'ER_CON_COUNT_ERROR', 'ER_ACCESS_DENIED_ERROR', 'ER_CONNECTION_KILLED'];

const SESSION_SETTINGS: readonly string[] = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', SESSION innodb_lock_wait_timeout = ${LOCK_WAIT_MS / 1_000}`,
];
