import t from 'tap';
import { getLease } from '../support/coordination-steps.js';
import { startRedisProcess } from '../support/redis-process.js';
import { startTempRedis } from '../support/temp-redis.js';
import { testCoordination } from './coordination.js';

testCoordination(t, 'Redis', async (t) => {
  const redis = await startTempRedis(t);
  const { connections } = await startRedisProcess(t, redis.url);
  return {
    leaseMs: 600,
    start: (t) => startRedisProcess(t, redis.url, { leaseMs: 600 }),
    forget: async () => void (await connections.main.flushall()),
  };
});

t.test('Redis: a cancel of a call is answered by whoever runs it, at once also when nobody does (API-09)', async (t) => {
  const redis = await startTempRedis(t);
  const [first, second, front] = await Promise.all([1, 2, 3].map(() => startRedisProcess(t, redis.url, { leaseMs: 600 })));
  if (first === undefined || second === undefined || front === undefined) throw new Error('no process');
  const call = { taskId: 'task', callId: 'call \u2028 "1"' };
  t.equal(await front.callSignals.cancel(call), false, 'there is no worker');
  const heard: unknown[] = [];
  await first.callSignals.listen((asked) => {
    heard.push(asked);
    return false;
  });
  const listening = await second.callSignals.listen(({ taskId }) => taskId === 'task');
  t.equal(await front.callSignals.cancel(call), true);
  t.same(heard, [call]);
  t.equal(await front.callSignals.cancel({ ...call, taskId: 'other' }), false);
  listening.close();
  t.equal(await front.callSignals.cancel(call), false);
  await redis.stop();
  await t.rejects(front.callSignals.cancel(call), { code: 'REDIS_UNAVAILABLE' });
});

t.test('Redis: an onlooker is told how long each lease lives, and nothing of those that do not', async (t) => {
  const redis = await startTempRedis(t);
  const [holder, onlooker] = [
    await startRedisProcess(t, redis.url, { leaseMs: 600 }),
    await startRedisProcess(t, redis.url, { leaseMs: 600 }),
  ];
  const lease = await getLease(holder.leases, 'task');
  const seen = await onlooker.leases.remaining(['other', 'task']);
  t.same([...seen.keys()], ['task']);
  const remainingMs = seen.get('task') ?? 0;
  t.ok(remainingMs > 0 && remainingMs <= 600, `${remainingMs} ms`);
  await lease.release();
  t.equal((await onlooker.leases.remaining(['task'])).size, 0);
  t.equal((await onlooker.leases.remaining([])).size, 0);
  await redis.stop();
  await t.rejects(onlooker.leases.remaining(['task']), { code: 'REDIS_UNAVAILABLE' });
});
