import t from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { createInProcessPace } from '../../src/providers/embedders/in-process-pace.js';
import { RedisPace } from '../../src/storage/redis/redis-pace.js';
import { startRedisProcess } from '../support/redis-process.js';
import { startTempRedis } from '../support/temp-redis.js';
import { testPace } from './pace.js';

testPace(t, 'one process', async () => createInProcessPace(systemClock));

t.test('Redis', async (t) => {
  const redis = await startTempRedis(t);
  const { connections } = await startRedisProcess(t, redis.url);
  let count = 0;
  testPace(t, 'Redis', async () => new RedisPace({ client: connections.main, keyPrefix: `p${count++}` }));

  await t.test('Redis: processes share their places, and what nobody asks for goes', async (t) => {
    const { connections: others } = await startRedisProcess(t, redis.url);
    const [one, other] = [connections, others].map(({ main }) => new RedisPace({ client: main, keyPrefix: 'shared' })) as [
      RedisPace,
      RedisPace,
    ];
    const cost = { requests: 1, tokens: 1, urgent: false };
    const limits = { requestsPerMinute: 60, tokensPerMinute: 0 };
    t.equal(await one.take('a', cost, limits), 0);
    t.ok((await other.take('a', cost, limits)) > 900);
    t.ok((await one.take('a', cost, limits)) > 1_800);
    await other.settle('a', { unusedRequests: 0, unusedTokens: 0, rate: {}, pauseMs: 60_000 });
    t.ok((await one.pauseMs('a')) > 50_000);
    const ttlMs = await connections.main.pttl('shared:pace:a');
    t.ok(ttlMs > 0 && ttlMs <= 3_600_000);
  });

  await t.test('Redis: while it is away, asking fails at once', async (t) => {
    const own = await startTempRedis(t);
    const { connections: lost } = await startRedisProcess(t, own.url);
    const pace = new RedisPace({ client: lost.main, keyPrefix: 'p' });
    const ended = new Promise((resolve) => lost.main.once('close', resolve));
    await own.stop();
    await ended;
    await t.rejects(
      async () => await pace.take('a', { requests: 1, tokens: 1, urgent: false }, { requestsPerMinute: 0, tokensPerMinute: 0 }),
      {
        code: 'REDIS_UNAVAILABLE',
      },
    );
  });
});
