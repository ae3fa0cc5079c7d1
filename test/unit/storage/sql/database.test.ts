import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { systemClock } from '../../../../src/base/clock.js';
import type { DatabaseSettings } from '../../../../src/config/settings.js';
import { silentLogger } from '../../../../src/observe/log.js';
import { openDatabase } from '../../../../src/storage/sql/database.js';
import { SqlTaskStore } from '../../../../src/storage/sql/sql-task-store.js';
import { acceptNew } from '../../../support/run-log-samples.js';
import { createSqlite } from '../../../support/temp-database.js';

const open = (settings: DatabaseSettings) => openDatabase(settings, { name: 'main', log: silentLogger, clock: systemClock });

t.test(
  'the folder and file of a SQLite database are made when missing, and it has a log that readers do not wait for (CFG-57)',
  async (t) => {
    const { settings } = await createSqlite(t);
    const path = join(dirname(settings.database), 'deep', 'er', 'hector.db');
    const database = await open({ ...settings, database: path });
    t.ok(statSync(path).isFile());
    t.same(await database.read({ sql: 'PRAGMA journal_mode', parameters: [] }), [{ journal_mode: 'wal' }]);
    await database.close();
    await database.close();
    await t.rejects(database.read({ sql: 'SELECT 1', parameters: [] }), { code: 'DATABASE_UNAVAILABLE' });
  },
);

t.test('only the user that runs Hector may read a new database, its log and its index; an old one keeps its mode', async (t) => {
  const { settings } = await createSqlite(t);
  const umask = process.umask(0o022);
  t.teardown(() => process.umask(umask));
  const database = await open(settings);
  t.teardown(() => database.close());
  await acceptNew(new SqlTaskStore(database));
  const modes = () => ['', '-wal', '-shm'].map((suffix) => (statSync(settings.database + suffix).mode & 0o777).toString(8));
  t.same(modes(), ['600', '600', '600']);
  await database.close();
  chmodSync(settings.database, 0o640);
  const again = await open(settings);
  t.teardown(() => again.close());
  t.same(modes(), ['640', '640', '640']);
});

t.test('a folder that cannot be used is named', async (t) => {
  const { settings } = await createSqlite(t);
  const file = join(dirname(settings.database), 'file');
  writeFileSync(file, '');
  await t.rejects(open({ ...settings, database: join(file, 'under', 'hector.db') }), {
    code: 'STATE_FOLDER_UNUSABLE',
    message: new RegExp(`databases\\.main: .*${join(file, 'under')}`),
  });
  mkdirSync(settings.database);
  await t.rejects(open(settings), { code: 'STATE_FOLDER_UNUSABLE', message: new RegExp(settings.database) });
});

t.test('a file that is no database says how to go on, and is left as it was', async (t) => {
  const { settings } = await createSqlite(t);
  writeFileSync(settings.database, 'not a database '.repeat(1_000));
  await t.rejects(open(settings), {
    code: 'DATABASE_SCHEMA',
    message: /hector\.db is not a readable SQLite file; restore .* or move it away/,
  });
  t.match(readFileSync(settings.database, 'utf8'), /^not a database/);
});

t.test('an in-memory database holds a run log for one process', async (t) => {
  const { settings } = await createSqlite(t);
  const database = await open({ ...settings, database: ':memory:' });
  t.teardown(() => database.close());
  const store = new SqlTaskStore(database);
  const task = await acceptNew(store);
  t.same(await store.find(task.id, 'ada'), task);
});

t.test('a file locked by another process is waited for without blocking, then reported as busy', async (t) => {
  const temp = await createSqlite(t);
  let elapsed = 0;
  // Time passes only when somebody waits: a blocking wait would hang here instead.
  const advance = async (ms: number) => {
    elapsed += ms * 100;
  };
  const clock = { ...systemClock, monotonic: () => elapsed, sleep: advance };
  const store = new SqlTaskStore(await temp.open(clock));
  const rival = new Sqlite(temp.settings.database);
  t.teardown(() => rival.close());
  rival.exec('BEGIN IMMEDIATE');
  await t.rejects(acceptNew(store), { code: 'DATABASE_BUSY', message: /locked by another process/ });
  t.ok(elapsed >= 10_000);
  t.equal((await store.runnable(Date.now(), 1)).length, 0, 'reading goes on');
  rival.exec('ROLLBACK');
  t.match(await acceptNew(store), { seq: 1 });
});

t.test('a server that is away is named with database and user, never with the password', async (t) => {
  for (const [driver, product] of [
    ['postgres', 'PostgreSQL'],
    ['mysql', 'MySQL'],
  ] as const) {
    const { settings } = await createSqlite(t);
    const server = { ...settings, driver, host: '127.0.0.1', port: 9, database: 'hector', username: 'ada', password: 'hunter2' };
    const url = `${driver}://ada:hunter2@127.0.0.1:9/hector`;
    for (const given of [server, { ...server, url, host: '', username: '', password: '' }]) {
      const error = await open(given).then(
        () => t.fail('opened'),
        (error: Error) => error,
      );
      t.match(error, { code: 'DATABASE_UNAVAILABLE', disposition: 'retry' });
      t.match((error as Error).message, `databases.main: ${product} database 'hector' at 127.0.0.1:9 as user 'ada'`);
      t.notMatch((error as Error).message, 'hunter2');
    }
    await t.rejects(open({ ...server, url: '//ada:hunter2@' }), { code: 'CONFIG_INVALID', message: /^databases\.main\.url is not/ });
  }
});
