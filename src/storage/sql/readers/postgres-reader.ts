import type { PoolConfig } from 'pg';
import { untilAborted } from '../../../base/abort.js';
import type { DatabaseSettings } from '../../../config/settings.js';
import type { SqlReader, SqlRow } from '../../../knowledge/sources/sql/sql-reader.js';
import { postgresAddress } from '../dialects/postgres-pool.js';
import { assertUrl, connectTimeoutMs, describeServer, KEEP_ALIVE_DELAY_MS, unavailable } from '../dialects/server.js';
import { MAX_READER_CONNECTIONS, type ReaderContext, toDriverText } from './reader-context.js';

export async function openPostgresReader(settings: DatabaseSettings, { keyPath }: ReaderContext): Promise<SqlReader> {
  assertUrl(settings, keyPath);
  const { default: pg } = await import('pg');
  const label = describeServer('PostgreSQL', keyPath, settings);
  const types = { getTypeParser: (oid: number) => PARSERS.get(oid) ?? ((text: string) => text) };
  const pool = new pg.Pool({
    ...postgresAddress(settings),
    max: Math.min(MAX_READER_CONNECTIONS, settings.maxConns),
    idleTimeoutMillis: 10_000,
    connectionTimeoutMillis: connectTimeoutMs(settings),
    query_timeout: settings.queryTimeoutMs + ANSWER_GRACE_MS,
    statement_timeout: settings.queryTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
    application_name: 'hector',
    types: types as unknown as PoolConfig['types'],
  });
  // An idle connection that breaks is replaced on next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  let closing: Promise<void> | undefined;
  return {
    driver: 'postgres',
    inTime: 'TRUE',
    quote: (name) => `"${name.replaceAll('"', '""')}"`,
    bytesOf: (expression) => `COALESCE(CAST(OCTET_LENGTH(CAST(${expression} AS text)) AS bigint), 0)`,
    async read(statement, signal) {
      const client = await pool.connect().catch((error: unknown) => {
        throw unavailable(error, label);
      });
      let failure: unknown;
      const onError = (error: Error) => {
        failure = error;
      };
      client.on('error', onError);
      const { text, values } = toDriverText(statement, (number) => `$${number}`);
      const work = async () => {
        // One that opens a transaction which may write is refused: the session's own setting stands behind the transaction's.
        await client.query('BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY');
        // The extended protocol takes one statement, whatever somebody wrote into it.
        const { rows } = await client.query<SqlRow>({ text, values, queryMode: 'extended' } as { text: string; values: unknown[] });
        await client.query('COMMIT');
        return rows;
      };
      try {
        return await untilAborted(work(), signal);
      } catch (error) {
        failure ??= error;
        throw error;
      } finally {
        client.off('error', onError);
        // One that failed is in an open transaction, or still at work: it is closed.
        client.release(failure !== undefined);
      }
    },
    close: () => (closing ??= pool.end()),
  };
}

const toWhole = (text: string): number | bigint => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text));

/** By type: bytes; booleans; whole numbers; floating ones. Anything else is the text that the database writes. */
const PARSERS: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [17, (text) => Buffer.from(text.replace(/^\\x/, ''), 'hex')],
  [16, (text) => text === 't'],
  [20, toWhole],
  [21, Number],
  [23, Number],
  [26, Number],
  [700, Number],
  [701, Number],
]);
/** The server's own word is better than ours, so it comes first. */
const ANSWER_GRACE_MS = 1_000;
