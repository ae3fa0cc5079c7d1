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
