/** A database of its own for each test, in every dialect. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import type { Test } from 'tap';
import { type Clock, systemClock } from '../../src/base/clock.js';
import type { DatabaseSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { type Database, openDatabase } from '../../src/storage/sql/database.js';
import { findSkipReason, type ServerDialect, serverUrl, stopTestServers } from './test-servers.js';

export interface TempDatabase {
  readonly settings: DatabaseSettings;
  /** Opens it once more, as another process would; closed with the test. */
  open(clock?: Clock): Promise<Database>;
}

/** A test, or whoever else disposes of what was made. */
export interface Disposer {
  teardown(dispose: () => unknown): unknown;
}

export type OpenTemp = () => Promise<TempDatabase>;

export type DialectSuite = (t: Test, createOpenTemp: (t: Test) => OpenTemp) => void | Promise<void>;

/** Runs `suite` once per dialect. `openTemp` gives an empty database that goes with the test it was opened for. */
export function forEachDialect(t: Test, suite: DialectSuite): void {
  t.teardown(stopTestServers);
  for (const driver of ['sqlite', 'postgres', 'mysql'] as const) runSuite(t, driver, suite);
}

/** The same without SQLite. */
export function forEachServer(t: Test, suite: DialectSuite): void {
  t.teardown(stopTestServers);
  for (const driver of ['postgres', 'mysql'] as const) runSuite(t, driver, suite);
}

function runSuite(t: Test, driver: DatabaseSettings['driver'], suite: DialectSuite): void {
  const reason = driver === 'sqlite' ? undefined : findSkipReason(driver);
  if (reason !== undefined && process.env.CI === 'true') {
    t.fail(`${driver} must be tested here: ${reason}`);
    return;
  }
  void t.test(driver, { skip: reason ?? false }, async (t) => {
    await suite(t, (t) => () => (driver === 'sqlite' ? createSqlite(t) : createOnServer(t, driver)));
  });
}

export async function createSqlite(t: Disposer): Promise<TempDatabase> {
  const directory = mkdtempSync(join(tmpdir(), 'hector-sqlite-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return temp(t, sqliteSettings(join(directory, 'hector.db')));
}

export function sqliteSettings(file: string): DatabaseSettings {
  return { ...BLANK, driver: 'sqlite', database: file };
}

export async function createOnServer(t: Disposer, driver: ServerDialect): Promise<TempDatabase> {
  const url = new URL(await serverUrl(driver));
  const database = `hector_test_${randomBytes(8).toString('hex')}`;
  await execute[driver](url.href, `CREATE DATABASE ${database}`);
  const adminUrl = url.href;
  t.teardown(() => execute[driver](adminUrl, `DROP DATABASE ${database}`));
  const username = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  return temp(t, { ...BLANK, driver, host: url.hostname, port: Number(url.port), database, username, password });
}

function temp(t: Disposer, settings: DatabaseSettings): TempDatabase {
  return {
    settings,
    async open(clock = systemClock) {
      const database = await openDatabase(settings, { name: 'test', log: silentLogger, clock });
      t.teardown(() => database.close());
      return database;
    },
  };
}

const execute: Readonly<Record<ServerDialect, (url: string, sql: string) => Promise<void>>> = {
  async postgres(url, sql) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(sql);
    await client.end();
  },
  async mysql(url, sql) {
    const connection = await createConnection(url);
    await connection.query(sql);
    await connection.end();
  },
};

const BLANK = {
  url: '',
  host: '',
  port: 0,
  database: '',
  username: '',
  password: '',
  sslMode: 'disable',
  maxConns: 10,
  maxIdle: 5,
  queryTimeoutMs: 15_000,
} as const;
