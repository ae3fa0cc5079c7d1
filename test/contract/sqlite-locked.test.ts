/** SQLite's write lock in somebody else's hands: whoever waits is told in time, and readiness knows. */
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { silentLogger } from '../../src/observe/log.js';
import { findDatabaseReason } from '../../src/runtime/store-health.js';
import { openDatabase } from '../../src/storage/sql/database.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { sampleAccept } from '../support/run-log-samples.js';
import { createSteeredClock } from '../support/steered-clock.js';
import { createSqlite } from '../support/temp-database.js';

t.test('a write waits ten seconds from when it was submitted, also behind others; meanwhile the store is not ready', async (t) => {
  const clock = createSteeredClock();
  const { settings } = await createSqlite(t);
  const database = await openDatabase(settings, { log: silentLogger, clock });
  t.teardown(() => database.close());
  const store = new SqlTaskStore(database, undefined, clock);
  const holder = new Sqlite(settings.database);
  t.teardown(() => holder.close());
  holder.exec('BEGIN IMMEDIATE');
  const startedMs = clock.monotonic();
  const waited: number[] = [];
  const submit = () =>
    void store.accept(sampleAccept()).catch((error: { code: string }) => {
      t.equal(error.code, 'DATABASE_BUSY');
      waited.push(clock.monotonic() - startedMs);
    });
  submit();
  await clock.untilPending();
  await clock.advance(1_000);
  submit();
  t.equal(await findDatabaseReason(store), undefined, 'a second is not long');
  await clock.advance(3_000);
  t.equal(await findDatabaseReason(store), 'writes to the database wait for 4 s: it is locked or too slow');
  while (waited.length < 2 && clock.monotonic() - startedMs < 30_000) await clock.advance(50);
  const [first = 0, second = 0] = waited;
  t.ok(first >= 10_000 && first <= 10_100, `the first one waited until ${first} ms`);
  t.ok(second >= 11_000 && second <= 11_100, `the second one, submitted a second later, until ${second} ms`);
  t.match(await findDatabaseReason(store), /wait for 10 s/, 'between two tries of clients');
  holder.exec('ROLLBACK');
  t.match(await store.accept(sampleAccept()), { type: 'accepted' });
  t.equal(await findDatabaseReason(store), undefined);
});
