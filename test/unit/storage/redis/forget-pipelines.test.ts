import t from 'tap';
import { startRedisProcess } from '../../../support/redis-process.js';
import { startTempRedis } from '../../../support/temp-redis.js';

t.test('an answered pipeline has its answers told and keeps none of its commands', async (t) => {
  const redis = await startTempRedis(t);
  const { connections } = await startRedisProcess(t, redis.url, { leaseMs: 600 });
  const pipeline = connections.main.pipeline();
  pipeline.set('a', '1').get('a').incr('a');
  t.equal(pipeline.length, 3);
  t.same(await pipeline.exec(), [
    [null, 'OK'],
    [null, '1'],
    [null, 2],
  ]);
  t.equal(pipeline.length, 0);
  t.same(await Promise.all([connections.main.get('a'), connections.main.incr('a')]), ['2', 3], 'those that ioredis makes itself too');
});
