/** What only databases can do wrong: names, types of ids, large tables, statements that write or never end (RAG-04). */
import t, { type Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import type { SqlSourceSettings, SqlTableSettings } from '../../src/config/settings.js';
import { createSource } from '../../src/knowledge/sources/create-source.js';
import { readScan, readText } from '../support/read-scan.js';
import { openSqlPlace, type SqlDriver, type SqlPlace, sqlDependencies, sqlSettings } from '../support/source-worlds/sql-world.js';
import { findSkipReason, stopTestServers } from '../support/test-servers.js';

t.teardown(stopTestServers);
for (const driver of ['sqlite', 'postgres', 'mysql'] as const) {
  const skip = driver === 'sqlite' ? false : (findSkipReason(driver) ?? false);
  t.test(driver, { skip }, async (t) => {
    const place = await openSqlPlace(t, driver);
    suite(t, driver, place);
  });
}

function suite(t: Test, driver: SqlDriver, { database, run }: SqlPlace): void {
  const quote = (name: string) => (driver === 'mysql' ? `\`${name.replaceAll('`', '``')}\`` : `"${name.replaceAll('"', '""')}"`);
  const open = (t: Test, sql: Partial<SqlSourceSettings['sql']>, changed: Partial<typeof database> = {}) => {
    const dependencies = sqlDependencies({ ...database, ...changed });
    const source = createSource(sqlSettings(sql), { store: 'docs', clock: systemClock, ...dependencies });
    t.teardown(() => source.close?.());
    return source;
  };

  void t.test('a table of more than two pages is listed whole, whatever its ids are, and each row is read by its id', async (t) => {
    await run('CREATE TABLE many (id bigint PRIMARY KEY, body varchar(40))');
    const first = 9_007_199_254_740_000n;
    const rows = Array.from({ length: 1_203 }, (_, index) => `(${first + BigInt(index)}, 'row ${index}')`);
    await run(`INSERT INTO many (id, body) VALUES ${rows.join(', ')}`);
    const source = open(t, { tables: [table({ table: 'many', columns: ['body'] })] });
    const { documents, problems } = await readScan(source, SIGNAL);
    t.same(problems, []);
    t.equal(new Set(documents.map(({ id }) => id)).size, 1_203);
    for (const index of [0, 1_000, 1_202]) {
      const document = documents.find(({ id }) => id === `${driver}:many:${first + BigInt(index)}`);
      if (document === undefined) throw new Error(`no ${index}`);
      t.equal(await readText(source, document, SIGNAL), `row ${index}`, 'beyond what a number holds exactly, too');
    }
    const limited = await readScan(open(t, { tables: [table({ table: 'many', columns: ['body'] })], maxRows: 700 }), SIGNAL);
    t.equal(limited.documents.length, 700);
    t.match(limited.problems, [{ id: `${driver}:many`, error: { message: /more than 700 rows.*max_rows/ } }]);
  });

  void t.test('names are quoted: no name of a table or column is read as SQL', async (t) => {
    const [name, id, body] = [`x"; DROP TABLE many; -- \``, `"id' OR 1=1`, '`body", 1 FROM many'];
    await run(`CREATE TABLE ${quote(name)} (${quote(id)} int PRIMARY KEY, ${quote(body)} varchar(40))`);
    await run(`INSERT INTO ${quote(name)} VALUES (1, 'quoted')`);
    const source = open(t, { tables: [table({ table: name, idColumn: id, columns: [body], metadataColumns: [body] })] });
    const { documents } = await readScan(source, SIGNAL);
    t.match(documents, [{ id: `${driver}:${name}:1`, metadata: { [body]: 'quoted' } }]);
    t.equal(documents.length, 1);
    t.equal(await readText(source, documents[0] as never, SIGNAL), 'quoted');
    t.equal((await readScan(open(t, { tables: [table({ table: 'many', columns: ['body'] })], maxRows: 1 }), SIGNAL)).documents.length, 1);
    const hostile = { ...(documents[0] as (typeof documents)[number]), id: `${driver}:${name}:1 OR 1=1` };
    await t.rejects(source.read(hostile, '', SIGNAL), { code: 'DOCUMENT_SOURCE_UNREADABLE' }, 'nor is an id');
  });

  void t.test(
    'a column that is not there is an error of its table; other tables are listed, and nothing is taken as deleted',
    async (t) => {
      const source = open(t, {
        tables: [table({ table: 'many', columns: ['nowhere'] }), table({ table: 'many', columns: ['body'] })],
        maxRows: 3,
      });
      const { documents, problems } = await readScan(source, SIGNAL);
      t.equal(documents.length, 3);
      t.match(problems, [
        { id: '', isFolder: true, error: { code: 'DOCUMENT_SOURCE_UNREADABLE', message: /sql\.tables\.0.*nowhere/s } },
        {},
      ]);
      await t.rejects(readScan(open(t, { tables: [table({ table: 'many', columns: ['nowhere'] })] }), SIGNAL), {
        code: 'DOCUMENT_SOURCE_UNREADABLE',
      });
    },
  );

  void t.test('rows without an id, and ids that stand twice, are problems and no silence', async (t) => {
    await run('CREATE TABLE loose (id varchar(20), body varchar(40))');
    await run("INSERT INTO loose VALUES (NULL, 'nobody'), ('a', 'one'), ('b', 'two'), ('b', 'three'), ('c', NULL)");
    const { documents, problems } = await readScan(open(t, { tables: [table({ table: 'loose', columns: ['body'] })] }), SIGNAL);
    t.same(
      documents.map(({ id }) => id.slice(-1)),
      ['a', 'b', 'c'],
    );
    t.match(problems, [{ error: { message: /no value in 'id'/ } }, { error: { message: /'b' stands in 'id' more than once/ } }]);
  });

  void t.test('bytes that are no text fail their row alone; several columns are told apart by name', async (t) => {
    const bytes = { sqlite: 'blob', postgres: 'bytea', mysql: 'blob' }[driver];
    await run(`CREATE TABLE mixed (id ${driver === 'postgres' ? 'bytea' : 'varbinary(16)'} PRIMARY KEY, title varchar(40), body ${bytes})`);
    await run('INSERT INTO mixed VALUES (?, ?, ?)', Buffer.from([0, 1]), 'Good', Buffer.from('grüne Wiese'));
    await run('INSERT INTO mixed VALUES (?, ?, ?)', Buffer.from([0, 2]), 'Bad', Buffer.from([0xff, 0xfe, 0xfd]));
    const source = open(t, { tables: [table({ table: 'mixed', columns: ['title', 'body'] })] });
    const { documents, problems } = await readScan(source, SIGNAL);
    t.match(problems, [{ id: `${driver}:mixed:0x0002`, isFolder: false, error: { code: 'DOCUMENT_NOT_TEXT' } }]);
    t.match(documents, [{ id: `${driver}:mixed:0x0001` }]);
    t.equal(await readText(source, documents[0] as never, SIGNAL), 'title: Good\n\nbody: grüne Wiese');
  });

  void t.test('a statement that writes changes nothing, and one that takes too long is ended', async (t) => {
    const writing = {
      sqlite: 'DELETE FROM many RETURNING id, body',
      postgres: "SELECT nextval('counter') AS id, 'x' AS body",
      mysql: 'SELECT 1 AS id, 2 AS body) AS x; DELETE FROM many; --',
    }[driver];
    if (driver === 'postgres') await run('CREATE SEQUENCE counter');
    await t.rejects(readScan(open(t, { query: writing, contentColumns: ['body'] }), SIGNAL), { code: 'DOCUMENT_SOURCE_UNREADABLE' });
    const { documents } = await readScan(open(t, { query: 'SELECT id, body FROM many;', contentColumns: ['body'], maxRows: 1 }), SIGNAL);
    t.equal(documents.length, 1, 'all rows are there');
    const slow = {
      sqlite: "SELECT a.id, a.body FROM many a, many b, many c WHERE a.body || b.body || c.body = ''",
      postgres: 'SELECT id, body FROM many, pg_sleep(20)',
      mysql: 'SELECT id, body FROM many WHERE SLEEP(20) = 0',
    }[driver];
    const startedMs = systemClock.monotonic();
    const ended = readScan(open(t, { query: slow, contentColumns: ['body'] }, { queryTimeoutMs: 300 }), SIGNAL);
    await t.rejects(ended, { code: 'DOCUMENT_SOURCE_UNREADABLE', message: /time/i });
    t.ok(systemClock.monotonic() - startedMs < 10_000);
  });

  void t.test('a database that is not there is an error that names its key', async (t) => {
    const away = driver === 'sqlite' ? { database: `${database.database}-gone` } : { port: 1 };
    await t.rejects(readScan(open(t, { tables: [table({ table: 'many', columns: ['body'] })] }, away), SIGNAL), {
      code: 'DOCUMENT_SOURCE_UNREADABLE',
      message: /databases\.shop/,
    });
  });
}

function table(changed: Partial<SqlTableSettings>): SqlTableSettings {
  return { table: '', columns: [], idColumn: 'id', updatedColumn: '', whereClause: '', metadataColumns: [], ...changed };
}

const SIGNAL = new AbortController().signal;
