import { resolve } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { throwIfAborted } from '../../../base/abort.js';
import { AppError } from '../../../base/errors.js';
import type { DatabaseSettings } from '../../../config/settings.js';
import type { SqlReader, SqlRow, SqlValue } from '../../../knowledge/sources/sql/sql-reader.js';
import { retryWhileBusy } from '../dialects/sqlite-driver.js';
import { type ReaderContext, toDriverText } from './reader-context.js';

/**
 * A statement runs on this thread: pages by an index are short, and `inTime` ends one that is not. A file that is missing is not made.
 */
export async function openSqliteReader(settings: DatabaseSettings, { keyPath, clock }: ReaderContext): Promise<SqlReader> {
  if (settings.database === ':memory:')
    throw new AppError('CONFIG_INVALID', { message: `${keyPath}: ':memory:' has nothing to read from; name a file` });
  const path = resolve(settings.database);
  const label = `${keyPath}: the database ${path}`;
  const { default: Connection } = await import('better-sqlite3');
  const connection: Sqlite.Database = new Connection(path, { readonly: true, fileMustExist: true, timeout: 0 });
  let deadlineMs = Number.POSITIVE_INFINITY;
  connection.function('hector_in_time', { deterministic: false }, () => {
    if (clock.monotonic() < deadlineMs) return 1;
    throw new Error(
      `the statement took longer than ${settings.queryTimeoutMs} ms (${keyPath}.query_timeout_ms); an index on the id column helps`,
    );
  });
  return {
    driver: 'sqlite',
    inTime: 'hector_in_time() = 1',
    quote: (name) => `"${name.replaceAll('"', '""')}"`,
    bytesOf: (expression) => `COALESCE(LENGTH(CAST(${expression} AS BLOB)), 0)`,
    async read(statement, signal) {
      throwIfAborted(signal);
      const { text, values } = toDriverText(statement, () => '?');
      return await retryWhileBusy(clock, label, () => {
        const prepared = connection.prepare<unknown[], Record<string, unknown>>(text).safeIntegers(true);
        if (!prepared.readonly) throw new AppError('CONFIG_INVALID', { message: `${keyPath}: only statements that read are run here` });
        deadlineMs = clock.monotonic() + settings.queryTimeoutMs;
        try {
          return prepared.all(...values).map(toRow);
        } finally {
          deadlineMs = Number.POSITIVE_INFINITY;
        }
      });
    },
    async close() {
      connection.close();
    },
  };
}

function toRow(row: Record<string, unknown>): SqlRow {
  for (const [name, value] of Object.entries(row)) {
    if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) row[name] = Number(value);
  }
  return row as Record<string, SqlValue>;
}
