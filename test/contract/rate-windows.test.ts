import t from 'tap';
import { LocalRateWindows } from '../../src/access/local-rate-windows.js';
import { RedisRateWindows } from '../../src/storage/redis/redis-rate-windows.js';
import { waitFor } from '../support/coordination-steps.js';
import { startRedisProcess } from '../support/redis-process.js';
import { createSteeredClock } from '../support/steered-clock.js';
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
