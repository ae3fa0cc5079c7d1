import t from 'tap';
import { startRedisProcess } from '../support/redis-process.js';
import { startTempRedis } from '../support/temp-redis.js';
import { testCoordination } from './coordination.js';

testCoordination(t, 'Redis', async (t) => {
  const redis = await startTempRedis(t);
  return { leaseMs: 600, start: (t) => startRedisProcess(t, redis.url, { leaseMs: 600 }) };
});
