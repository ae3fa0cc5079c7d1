import t from 'tap';
import { LocalRateWindows } from '../../src/access/local-rate-windows.js';
import { RedisRateWindows } from '../../src/storage/redis/redis-rate-windows.js';
import { SqlRateWindows } from '../../src/storage/sql/sql-rate-windows.js';
import { waitFor } from '../support/coordination-steps.js';
import { startRedisProcess } from '../support/redis-process.js';
import { createSteeredClock } from '../support/steered-clock.js';
import { forEachDialect } from '../support/temp-database.js';
import { startTempRedis } from '../support/temp-redis.js';
import { testRateWindows } from './rate-windows.js';

testRateWindows(t, 'one process', async () => {
  const clock = createSteeredClock();
  return { windows: new LocalRateWindows(clock), pass: () => clock.advance(60) };
});

t.test('Redis', async (t) => {
  const redis = await startTempRedis(t);
  const { connections } = await startRedisProcess(t, redis.url);
  const client = connections.main;
  let count = 0;
  testRateWindows(t, 'Redis', async () => {
    const keyPrefix = `p${count++}`;
    const pass = () => waitFor(async () => (await client.keys(`${keyPrefix}:*`)).length === 0);
    return { windows: new RedisRateWindows({ client, keyPrefix }), pass };
  });

  await t.test('Redis: processes share their windows and places, and every key ends by itself', async (t) => {
    const { connections: others } = await startRedisProcess(t, redis.url);
    const [here, there] = [client, others.main].map((own) => new RedisRateWindows({ client: own, keyPrefix: 'shared' })) as [
      RedisRateWindows,
      RedisRateWindows,
    ];
    const take = { key: 'a', limit: 30, windowMs: 60_000, cost: 1 };
    const outcomes = await Promise.all(Array.from({ length: 60 }, (_, n) => (n % 2 === 0 ? here : there).take([take])));
    t.equal(outcomes.filter(({ isTaken }) => isTaken).length, 30);
    t.equal(await here.reserve('ann', 't1', 1), true);
    t.equal(await there.reserve('ann', 't1', 1), true, 'it has its place already');
    t.equal(await there.reserve('ann', 't2', 1), false);
    t.match(await there.list('ann'), [{ taskId: 't1' }]);
    await there.forget('ann', ['t1']);
    t.equal(await here.reserve('ann', 't2', 1), true);
    for (const key of await client.keys('shared:*')) t.ok((await client.pttl(key)) > 0, key);
  });

  await t.test('Redis: while it is away, asking fails at once', async (t) => {
    const own = await startTempRedis(t);
    const { connections: lost } = await startRedisProcess(t, own.url);
    const windows = new RedisRateWindows({ client: lost.main, keyPrefix: 'p' });
    const ended = new Promise((resolve) => lost.main.once('close', resolve));
    await own.stop();
    await ended;
    await t.rejects(windows.take([{ key: 'a', limit: 1, windowMs: 1, cost: 1 }]), { code: 'REDIS_UNAVAILABLE' });
  });
});

forEachDialect(t, (t, createOpenTemp) => {
  const opened = createOpenTemp(t)().then(async (temp) => ({ temp, database: await temp.open() }));
  testRateWindows(t, 'a database', async () => {
    const clock = createSteeredClock();
    const { database } = await opened;
    await database.transact(function* () {
      yield { sql: 'DELETE FROM rate_windows', parameters: [] };
    });
    return { windows: new SqlRateWindows(database, clock), pass: () => clock.advance(60) };
  });

  t.test('processes share their windows; what has ended goes, and a database that is away is told (SEC-09, SEC-12)', async (t) => {
    const clock = createSteeredClock();
    const { temp, database: here } = await opened;
    const there = await temp.open();
    await here.transact(function* () {
      yield { sql: 'DELETE FROM rate_windows', parameters: [] };
    });
    const both = [new SqlRateWindows(here, clock), new SqlRateWindows(there, clock)] as [SqlRateWindows, SqlRateWindows];
    const takes = ['a', 'b', 'c'].map((key) => ({ key, limit: 20, windowMs: 60_000, cost: 1 }));
    // In different orders: whoever locks as it comes waits in a circle.
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, n) => both[n % 2 === 0 ? 0 : 1].take(n % 4 < 2 ? takes : [...takes].reverse())),
    );
    t.equal(outcomes.filter(({ isTaken }) => isTaken).length, 20);
    await both[0].spend([{ key: 'spent', windowMs: 60_000, cost: 5 }]);
    const count = async () => Number((await here.read({ sql: 'SELECT COUNT(*) AS n FROM rate_windows', parameters: [] }))[0]?.['n']);
    t.equal(await count(), 4);
    await clock.advance(180_000);
    t.match(await both[0].take([{ key: 'a', limit: 20, windowMs: 60_000, cost: 1 }]), { isTaken: true, windows: [{ used: 1 }] });
    t.equal(await count(), 1, 'what ended more than a minute ago has gone');
    await there.close();
    await t.rejects(both[1].take(takes), { code: 'ACCESS_LIMITS_UNAVAILABLE' });
  });
});
