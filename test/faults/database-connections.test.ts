/** What a database server may do to a connection (answer nothing, end it in the middle of work), and what must not come of it. */
import t, { type Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { silentLogger } from '../../src/observe/log.js';
import { type Database, openDatabase } from '../../src/storage/sql/database.js';
import { rowsOf } from '../../src/storage/sql/query.js';
import { SqlConfigVersionStore } from '../../src/storage/sql/sql-config-version-store.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { acceptNew } from '../support/run-log-samples.js';
import { startSilentProxy } from '../support/silent-proxy.js';
import { forEachServer, type OpenTemp } from '../support/temp-database.js';

/** Of one statement, milliseconds. */
const LIMIT = 1_000;

const UNAVAILABLE = { code: 'DATABASE_UNAVAILABLE', disposition: 'retry' };

forEachServer(t, async (t, createOpenTemp) => {
  await t.test('a query fails within its limit, its connection is not used again, and all is well when the server is back', async (t) => {
    const { database, proxy } = await openThroughProxy(t, createOpenTemp(t));
    const versions = new SqlConfigVersionStore(database);
    const store = new SqlTaskStore(database);
    await versions.save('v', 'text', 0);
    const uses: readonly [string, () => Promise<unknown>][] = [
      ['read', () => database.read({ sql: 'SELECT version FROM config_versions', parameters: [] })],
      ['find', () => versions.find('v')],
      ['transact', () => acceptNew(store)],
    ];
    for (const [name, use] of uses) {
      const before = await connectionId(database);
      proxy.fallSilent();
      const [elapsed] = await Promise.all([
        timeOf(t.rejects(use(), UNAVAILABLE, name)),
        timeOf(t.rejects(use(), UNAVAILABLE, `${name}, waiting`)),
      ]);
      t.ok(elapsed < 2 * LIMIT, `${name}: ${elapsed} ms`);
      proxy.speak();
      await use();
      t.not(await connectionId(database), before, name);
    }
  });

  await t.test('a transaction that meets silence in the middle is over within one limit, and writes nothing', async (t) => {
    const { database, proxy } = await openThroughProxy(t, createOpenTemp(t));
    const insert = (version: string) => ({
      sql: "INSERT INTO config_versions (version, body, created_at) VALUES (?, '', 0)",
      parameters: [version],
    });
    const failing = database.transact(function* () {
      yield* rowsOf(insert('a'));
      proxy.fallSilent();
      yield* rowsOf(insert('b'));
    });
    t.ok((await timeOf(t.rejects(failing, UNAVAILABLE))) < 2 * LIMIT);
    proxy.speak();
    await database.transact(function* () {
      yield* rowsOf(insert('c'));
    });
    t.same(await database.read({ sql: 'SELECT version FROM config_versions', parameters: [] }), [{ version: 'c' }]);
  });

  await t.test('many that wait for a connection do not wait for each other', async (t) => {
    const { database, proxy } = await openThroughProxy(t, createOpenTemp(t));
    await connectionId(database);
    proxy.fallSilent();
    const waiting = Array.from({ length: 20 }, () => t.rejects(connectionId(database), UNAVAILABLE));
    t.ok((await timeOf(Promise.all(waiting))) < 3 * LIMIT);
  });

  await t.test('closing waits for a silent server no longer than what is under way does', async (t) => {
    const { database, proxy } = await openThroughProxy(t, createOpenTemp(t));
    let asked: (() => void) | undefined;
    const underWay = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const failing = database.transact(function* () {
      yield* rowsOf({ sql: 'SELECT 1', parameters: [] });
      proxy.fallSilent();
      asked?.();
      yield* rowsOf({ sql: 'SELECT 2', parameters: [] });
    });
    const failed = t.rejects(failing, UNAVAILABLE);
    await underWay;
    t.ok((await timeOf(database.close())) < 2 * LIMIT);
    await failed;
  });

  await t.test('a database that another process is migrating is waited for longer than for any query', async (t) => {
    const { open, settings } = await createOpenTemp(t)();
    const first = await open();
    const { migrationLock } = first.dialect;
    const sleep = { postgres: 'SELECT pg_sleep(2.5)', mysql: 'SELECT SLEEP(2.5)', sqlite: '' }[settings.driver];
    let opening: Promise<Database> | undefined;
    await first.transact(function* () {
      yield* migrationLock.acquire();
      opening = openDatabase({ ...settings, queryTimeoutMs: LIMIT }, { name: 'test', log: silentLogger, clock: systemClock });
      yield { sql: sleep, parameters: [] };
      yield* migrationLock.release();
    });
    const second = await opening;
    t.teardown(() => second?.close());
    t.match(await acceptNew(new SqlTaskStore(second as Database)), { seq: 1 });
  });

  await t.test('a statement that nobody waits for any more is ended by PostgreSQL, a little after its limit', async (t) => {
    const { settings, open } = await createOpenTemp(t)();
    if (settings.driver !== 'postgres') {
      t.pass('MySQL has such a limit for reading only');
      return;
    }
    await open();
    const database = await openDatabase({ ...settings, queryTimeoutMs: LIMIT }, { name: 'test', log: silentLogger, clock: systemClock });
    t.teardown(() => database.close());
    t.match(await database.read({ sql: "SELECT current_setting('statement_timeout') AS limit_text", parameters: [] }), [
      { limit_text: '2s' },
    ]);
  });

  await t.test('a connection that is older than an hour is replaced when it is given back (CFG-57)', async (t) => {
    const { settings, open } = await createOpenTemp(t)();
    await open();
    let hours = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + hours * 3_600_000 };
    const alone = { ...settings, maxConns: 1, maxIdle: 1 };
    const database = await openDatabase(alone, { name: 'test', log: silentLogger, clock });
    t.teardown(() => database.close());
    const young = await connectionId(database);
    t.equal(await connectionId(database), young);
    hours = 2;
    t.equal(await connectionId(database), young, 'what is under way is not cut');
    // PostgreSQL's pool counts by its own timer.
    if (settings.driver === 'mysql') t.not(await connectionId(database), young);
  });

  await t.test('a connection that the server ends in the middle of a transaction fails that transaction alone', async (t) => {
    const temp = await createOpenTemp(t)();
    const [database, other] = await Promise.all([temp.open(), temp.open()]);
    const end = { postgres: 'SELECT pg_terminate_backend(?)', mysql: 'KILL ?', sqlite: '' }[temp.settings.driver];
    let ended: Promise<unknown> | undefined;
    const failing = database.transact(function* () {
      const [row] = yield* rowsOf<{ id: number }>({ sql: CONNECTION_ID[database.dialect.name], parameters: [] });
      ended = other.read({ sql: end, parameters: [row?.id] });
      for (;;) yield* rowsOf({ sql: 'SELECT 1', parameters: [] });
    });
    await t.rejects(failing, UNAVAILABLE);
    await ended;
    t.match(await acceptNew(new SqlTaskStore(database)), { seq: 1 });
  });
});

/** One connection at most, so that what is not dropped would be used again. */
async function openThroughProxy(t: Test, openTemp: OpenTemp) {
  const { settings } = await openTemp();
  const proxy = await startSilentProxy(t, settings);
  const through = { ...settings, host: '127.0.0.1', port: proxy.port, maxConns: 1, maxIdle: 1, queryTimeoutMs: LIMIT };
  const database = await openDatabase(through, { name: 'test', log: silentLogger, clock: systemClock });
  t.teardown(async () => {
    proxy.speak();
    await database.close();
  });
  return { database, proxy };
}

async function connectionId(database: Database): Promise<unknown> {
  const [row] = await database.read({ sql: CONNECTION_ID[database.dialect.name], parameters: [] });
  return row?.id;
}

const CONNECTION_ID = { postgres: 'SELECT pg_backend_pid() AS id', mysql: 'SELECT CONNECTION_ID() AS id', sqlite: '' } as const;

async function timeOf(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work;
  return performance.now() - start;
}
