import type { FieldPacket, PoolConnection } from 'mysql2';
import { untilAborted } from '../../../base/abort.js';
import { AppError, describeError } from '../../../base/errors.js';
import type { DatabaseSettings } from '../../../config/settings.js';
import type { SqlReader, SqlRow, SqlValue } from '../../../knowledge/sources/sql/sql-reader.js';
import { destroyConnection, mysqlAddress, takeConnection } from '../dialects/mysql-pool.js';
import { assertUrl, connectTimeoutMs, describeServer, KEEP_ALIVE_DELAY_MS, unavailable } from '../dialects/server.js';
import { MAX_READER_CONNECTIONS, type ReaderContext, toDriverText } from './reader-context.js';

export async function openMysqlReader(settings: DatabaseSettings, { keyPath, clock }: ReaderContext): Promise<SqlReader> {
  assertUrl(settings, keyPath);
  const { createPool } = await import('mysql2');
  const label = describeServer('MySQL', keyPath, settings);
  const connectionLimit = Math.min(MAX_READER_CONNECTIONS, settings.maxConns);
  const pool = createPool({
    ...mysqlAddress(settings),
    ...{ connectionLimit, maxIdle: 1, idleTimeout: 10_000, connectTimeout: connectTimeoutMs(settings) },
    ...{ enableKeepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS, charset: 'utf8mb4' },
    ...{ dateStrings: true, supportBigNumbers: true, jsonStrings: true, multipleStatements: false },
  });
  const known = new WeakSet<PoolConnection>();
  let closing: Promise<void> | undefined;

  async function prepareSession(connection: PoolConnection): Promise<void> {
    if (known.has(connection)) return;
    const session = connection.promise();
    await session.query('SET SESSION TRANSACTION READ ONLY');
    try {
      // MariaDB counts seconds, MySQL milliseconds.
      await session.query(`SET SESSION max_statement_time = ${settings.queryTimeoutMs / 1_000}`);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ER_UNKNOWN_SYSTEM_VARIABLE') throw error;
      await session.query(`SET SESSION max_execution_time = ${settings.queryTimeoutMs}`);
    }
    known.add(connection);
  }

  return {
    driver: 'mysql',
    inTime: 'TRUE',
    quote: (name) => `\`${name.replaceAll('`', '``')}\``,
    bytesOf: (expression) => `COALESCE(OCTET_LENGTH(${expression}), 0)`,
    async read(statement, signal) {
      const connection = await takeConnection(pool, connectTimeoutMs(settings), clock).catch((error: unknown) => {
        throw unavailable(error, label);
      });
      const { text, values } = toDriverText(statement, () => '?');
      const work = async () => {
        await prepareSession(connection);
        // Prepared by the server: a question mark within a text of somebody else is none of ours.
        const request = { sql: text, values: values as string[], timeout: settings.queryTimeoutMs + ANSWER_GRACE_MS };
        const [rows, fields] = await connection.promise().execute(request);
        if (!Array.isArray(rows)) throw new AppError('CONFIG_INVALID', { message: `${keyPath}: only statements that read are run here` });
        return rows.map((row) => toRow(row as Record<string, unknown>, fields));
      };
      let isSound = false;
      try {
        const rows = await untilAborted(work(), signal);
        isSound = true;
        return rows;
      } catch (error) {
        // What the server answered leaves the connection as it was.
        isSound = /^ER_/.test(String((error as { code?: unknown }).code ?? '')) && !signal.aborted;
        throw error instanceof Error ? error : new Error(describeError(error));
      } finally {
        if (isSound) connection.release();
        else destroyConnection(connection);
      }
    },
    close: () => (closing ??= pool.promise().end()),
  };
}

function toRow(row: Record<string, unknown>, fields: readonly FieldPacket[]): SqlRow {
  for (const { name, columnType } of fields) {
    const value = row[name];
    // Larger than a number holds exactly; the driver gives it as text.
    if (columnType === LONGLONG && typeof value === 'string') row[name] = BigInt(value);
  }
  return row as Record<string, SqlValue>;
}

const LONGLONG = 8;
const ANSWER_GRACE_MS = 1_000;
