import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { systemClock } from '../../../../../src/base/clock.js';
import { SqliteDriver } from '../../../../../src/storage/sql/dialects/sqlite-driver.js';
import { WalSync } from '../../../../../src/storage/sql/dialects/wal-sync.js';
import { rowsOf } from '../../../../../src/storage/sql/query.js';

t.test('a log that could not be opened is opened anew by the next flush (S5)', async (t) => {
  const path = join(t.testdir(), 'hector.db-wal');
  const wal = new WalSync(path);
  t.teardown(() => wal.close());
  const [first, second] = await Promise.allSettled([wal.flush(), wal.flush()]);
  t.match(
    [first, second],
    [
      { status: 'rejected', reason: { code: 'ENOENT' } },
      { status: 'rejected', reason: { code: 'ENOENT' } },
    ],
  );
  writeFileSync(path, '');
  await wal.flush();
  await wal.flush();
});

t.test('a log that could not be opened does not keep it from closing', async (t) => {
  const wal = new WalSync(join(t.testdir(), 'no such folder', 'hector.db-wal'));
  const flushed = wal.flush();
  const closed = wal.close();
  await t.rejects(flushed, { code: 'ENOENT' });
  await closed;
  await wal.close();
});

t.test('after a flush that failed none succeeds any more, as the next may only find nothing left to write (S5)', async (t) => {
  const file = failingFile();
  const wal = new WalSync('hector.db-wal', async () => file);
  await wal.flush();
  file.failure = new Error('EIO: i/o error, fdatasync');
  const first = wal.flush();
  const second = wal.flush();
  await t.rejects(first, { message: /EIO/ });
  file.failure = undefined;
  await t.rejects(second, { message: /EIO/ }, 'one that waited for its turn');
  await t.rejects(wal.flush(), { message: /EIO/ });
  t.match(wal.failure, { message: /EIO/ });
  t.equal(file.syncs, 2, 'the disk is not asked again');
  await wal.close();
});

t.test('a database whose disk failed a flush writes nothing more until it is opened again, and says so (S5)', async (t) => {
  const path = join(t.testdir(), 'hector.db');
  const connect = () => {
    const connection = new Sqlite(path, { timeout: 0 });
    connection.pragma('journal_mode = WAL');
    return connection;
  };
  const file = failingFile();
  const open = (wal: WalSync) =>
    new SqliteDriver({ writer: connect(), reader: connect(), wal, label: 'databases.test', clock: systemClock });
  const driver = open(new WalSync(`${path}-wal`, async () => file));
  const write = (text: string, to = driver) =>
    to.transact(function* () {
      yield* rowsOf({ sql: 'INSERT INTO words (word) VALUES (?)', parameters: [text] });
    });
  await driver.transact(function* () {
    yield { sql: 'CREATE TABLE words (word TEXT)', parameters: [] };
  });
  await write('safe');
  file.failure = new Error('EIO: i/o error, fdatasync');
  const refused = {
    code: 'DATABASE_UNAVAILABLE',
    message: /^databases\.test: .*EIO.* nothing more is written; see to the disk, then start/,
  };
  await t.rejects(write('unsure'), refused);
  file.failure = undefined;
  await t.rejects(write('never'), refused);
  const words = (from: SqliteDriver) => from.read({ sql: 'SELECT word FROM words', parameters: [] });
  t.same(
    (await words(driver)).map((row) => row.word),
    ['safe', 'unsure'],
    'reading goes on',
  );
  await driver.close();
  const again = open(new WalSync(`${path}-wal`));
  await write('anew', again);
  t.match((await words(again)).at(-1), { word: 'anew' });
  await again.close();
});

function failingFile() {
  return {
    failure: undefined as Error | undefined,
    syncs: 0,
    async datasync() {
      this.syncs += 1;
      if (this.failure !== undefined) throw this.failure;
    },
    async close() {},
  };
}
