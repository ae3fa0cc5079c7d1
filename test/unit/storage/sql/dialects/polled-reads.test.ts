import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { PolledReads } from '../../../../../src/storage/sql/dialects/polled-reads.js';
import type { Query, Row } from '../../../../../src/storage/sql/query.js';

const COUNT: Query = { sql: 'SELECT COUNT(*) AS n FROM notes', parameters: [], polledAs: 'count' };

function setUp(t: Test) {
  const file = `${t.testdir()}/notes.db`;
  const writer = new Sqlite(file);
  writer.pragma('journal_mode = WAL');
  writer.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY)');
  const reader = new Sqlite(file, { readonly: true });
  t.teardown(() => {
    reader.close();
    writer.close();
  });
  const asked: string[] = [];
  const polled = new PolledReads((query) => {
    asked.push(query.sql);
    return reader.prepare(query.sql).all(...query.parameters) as Row[];
  });
  const counted = async (query = COUNT) => {
    // What is asked together is compared once; a turn later it is another question.
    await Promise.resolve();
    return polled.read(query)[0]?.['n'];
  };
  return { file, writer, asked, counted, polled };
}

t.test('rows are given again only while nobody has committed, in this process or another', async (t) => {
  const { file, writer, asked, counted } = setUp(t);
  t.equal(await counted(), 0);
  t.equal(await counted(), 0);
  t.equal(asked.filter((sql) => sql === COUNT.sql).length, 1, 'asked once');
  writer.exec('INSERT INTO notes VALUES (1)');
  t.equal(await counted(), 1);
  const other = new Sqlite(file);
  other.exec('INSERT INTO notes VALUES (2)');
  t.equal(await counted(), 2);
  other.exec('BEGIN IMMEDIATE; INSERT INTO notes VALUES (3)');
  t.equal(await counted(), 2, 'what is not committed is not there');
  other.exec('COMMIT');
  t.equal(await counted(), 3);
  other.close();
});

t.test('a statement that nobody polls is always asked; large answers are not kept', async (t) => {
  const { writer, asked, counted, polled } = setUp(t);
  await counted({ sql: COUNT.sql, parameters: [] });
  await counted({ sql: COUNT.sql, parameters: [] });
  t.same(asked, [COUNT.sql, COUNT.sql]);
  for (let id = 0; id < 101; id++) writer.exec(`INSERT INTO notes VALUES (${id})`);
  const all: Query = { sql: 'SELECT id FROM notes', parameters: [], polledAs: 'all' };
  for (let time = 0; time < 2; time++) t.equal(polled.read(all).length, 101);
  t.equal(asked.filter((sql) => sql === all.sql).length, 2);
});
