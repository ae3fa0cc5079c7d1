import Sqlite from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import type { Test } from 'tap';
import { systemClock } from '../../../src/base/clock.js';
import type { DatabaseSettings, SqlSourceSettings } from '../../../src/config/settings.js';
import { createOpenSqlReader } from '../../../src/storage/sql/readers/open-sql-reader.js';
import { createOnServer, createSqlite } from '../temp-database.js';
import { MAX_DOCUMENT_BYTES, type SourceWorld } from './source-world.js';

export type SqlDriver = DatabaseSettings['driver'];

/** Runs statements with `?` as whoever owns the tables. */
export type RunSql = (sql: string, ...values: readonly unknown[]) => Promise<void>;

export interface SqlPlace {
  readonly database: DatabaseSettings;
  readonly run: RunSql;
}

export async function openSqlPlace(t: Test, driver: SqlDriver): Promise<SqlPlace> {
  const { settings: database } = driver === 'sqlite' ? await createSqlite(t) : await createOnServer(t, driver);
  return { database, run: await connect(t, database) };
}

async function connect(t: Test, settings: DatabaseSettings): Promise<RunSql> {
  const { host, port, database, username: user, password, driver } = settings;
  if (driver === 'sqlite') {
    const connection = new Sqlite(database);
    t.teardown(() => connection.close());
    return async (sql, ...values) => void connection.prepare(sql).run(...values);
  }
  if (driver === 'postgres') {
    const client = new pg.Client({ host, port, database, user, password });
    await client.connect();
    t.teardown(() => client.end());
    return async (sql, ...values) => {
      let count = 0;
      await client.query(
        sql.replaceAll('?', () => `$${++count}`),
        [...values],
      );
    };
  }
  const connection = await createConnection({ host, port, database, user, password });
  t.teardown(() => connection.end());
  return async (sql, ...values) => void (await connection.query(sql, [...values]));
}

export function sqlSettings(sql: Partial<SqlSourceSettings['sql']>): SqlSourceSettings {
  const blank = {
    database: 'shop',
    tables: [],
    query: '',
    idColumn: 'id',
    contentColumns: [],
    metadataColumns: [],
    updatedColumn: '',
    maxRows: 0,
  };
  return { type: 'sql', maxFileBytes: MAX_DOCUMENT_BYTES, sql: { ...blank, ...sql } };
}

export function sqlDependencies(database: DatabaseSettings) {
  return { databases: { shop: database }, openReader: createOpenSqlReader(systemClock) };
}

export interface SqlWorldForm {
  readonly driver: SqlDriver;
  /** Rows have a column that changes with them. */
  readonly hasUpdated: boolean;
  /** A query in place of the table. */
  readonly isQuery: boolean;
}

export async function openSqlWorld(t: Test, { driver, hasUpdated, isQuery }: SqlWorldForm): Promise<SourceWorld> {
  const { database, run } = await openSqlPlace(t, driver);
  await run('CREATE TABLE articles (id varchar(40) PRIMARY KEY, body text, tag varchar(40), changed bigint)');
  const columns = { idColumn: 'id', metadataColumns: ['tag'], updatedColumn: hasUpdated ? 'changed' : '' };
  const settings = isQuery
    ? sqlSettings({ ...columns, query: "SELECT id, body, tag, changed FROM articles WHERE tag <> 'why?'", contentColumns: ['body'] })
    : sqlSettings({ tables: [{ ...columns, table: 'articles', columns: ['body'], whereClause: "tag <> 'why?' -- in use" }] });
  let changes = 0;
  const known = new Set<string>();
  const put = async (name: string, text: string) => {
    changes += 1;
    if (known.has(name)) await run('UPDATE articles SET body = ?, changed = ? WHERE id = ?', text, changes, name);
    else await run('INSERT INTO articles (id, body, tag, changed) VALUES (?, ?, ?, ?)', name, text, 'news', changes);
    known.add(name);
  };
  const lock = { postgres: 'LOCK TABLE articles IN ACCESS EXCLUSIVE MODE', mysql: 'LOCK TABLES articles WRITE', sqlite: '' }[driver];
  const world: SourceWorld = {
    settings,
    dependencies: sqlDependencies(database),
    id: (name) => `${driver}:${isQuery ? 'query' : 'articles'}:${name}`,
    put,
    remove: async (name) => {
      known.delete(name);
      await run('DELETE FROM articles WHERE id = ?', name);
    },
    spoil: (name) => put(name, 'x'.repeat(MAX_DOCUMENT_BYTES + 1)),
    breakListing: (isBroken) => run(isBroken ? 'ALTER TABLE articles RENAME TO gone' : 'ALTER TABLE gone RENAME TO articles'),
  };
  if (lock === '') return world;
  return {
    ...world,
    async fallSilent() {
      if (driver === 'postgres') await run('BEGIN');
      await run(lock);
      return async () => await run(driver === 'postgres' ? 'ROLLBACK' : 'UNLOCK TABLES');
    },
  };
}
