import { once } from 'node:events';
import t from 'tap';
import { systemClock } from '../../../../src/base/clock.js';
import { getLease, waitFor } from '../../../support/coordination-steps.js';
import { startRedisProcess } from '../../../support/redis-process.js';
import { startTempRedis } from '../../../support/temp-redis.js';

t.test('a lease taken by somebody else aborts its holder at the next renewal', async (t) => {
  const redis = await startTempRedis(t);
  const { leases, connections } = await startRedisProcess(t, redis.url, { leaseMs: 600 });
  const lease = await getLease(leases, 'task');
  const kept = await getLease(leases, 'other');
  await connections.main.set('test:lease:{task}', 'somebody else', 'PX', 60_000);
  await once(lease.lost, 'abort', { signal: AbortSignal.timeout(2_000) });
  t.match(lease.lost.reason, { code: 'TASK_LOST' });
  await lease.release();
  t.equal(await connections.main.get('test:lease:{task}'), 'somebody else', 'a lost lease releases nothing');
  t.equal(kept.lost.aborted, false);
});

t.test('a holder that cannot renew gives up before the server could have let another one in (L1)', async (t) => {
  const redis = await startTempRedis(t);
  const { leases } = await startRedisProcess(t, redis.url, { leaseMs: 600 });
  const lease = await getLease(leases, 'task');
  const taken = performance.now();
  await redis.kill('SIGSTOP');
  t.teardown(() => redis.kill('SIGCONT'));
  await once(lease.lost, 'abort', { signal: AbortSignal.timeout(2_000) });
  const lostMs = performance.now() - taken;
  t.ok(lostMs > 400 && lostMs < 600, `lost after ${Math.round(lostMs)} ms`);
  t.match(lease.lost.reason, { code: 'TASK_LOST' });
  await redis.kill('SIGCONT');
});

t.test('a lease that outlived its time while the process or the machine slept is lost at the first look (L2)', async (t) => {
  const redis = await startTempRedis(t);
  let monotonicMs = 0;
  let wallMs = 0;
  const clock = { ...systemClock, now: () => Date.now() + wallMs, monotonic: () => performance.now() + monotonicMs };
  const { leases } = await startRedisProcess(t, redis.url, { leaseMs: 60_000, clock });
  const stopped = await getLease(leases, 'stopped');
  monotonicMs = 50_000;
  t.equal(stopped.lost.aborted, false);
  monotonicMs = 55_000;
  t.equal(stopped.lost.aborted, true, 'stopped: both clocks went on');
  const asleep = await getLease(leases, 'asleep');
  wallMs = 55_000;
  t.equal(asleep.lost.aborted, true, 'asleep: only the wall clock went on');
  t.match(asleep.lost.reason, { code: 'TASK_LOST' });
});

t.test('FLUSHALL costs no running step its lease (L3, ARCHITECTURE §3)', async (t) => {
  const redis = await startTempRedis(t);
  const first = await startRedisProcess(t, redis.url, { leaseMs: 600 });
  const second = await startRedisProcess(t, redis.url, { leaseMs: 600 });
  const lease = await getLease(first.leases, 'task');
  await second.connections.main.flushall();
  await waitFor(async () => (await second.leases.held(['task'])).has('task'), 1_000);
  t.equal((await second.leases.acquire('task')).type, 'held');
  t.equal(lease.lost.aborted, false);
});

t.test('many leases are renewed in one round trip', async (t) => {
  const redis = await startTempRedis(t);
  const { leases, connections } = await startRedisProcess(t, redis.url, { leaseMs: 900 });
  const held = await Promise.all(Array.from({ length: 2_000 }, (_, index) => getLease(leases, `task-${index}`)));
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  t.equal(held.filter((lease) => lease.lost.aborted).length, 0);
  t.equal((await leases.held(held.map((lease) => lease.taskId))).size, 2_000);
  await leases.close();
  t.equal(await connections.main.dbsize(), 0);
});

t.test('without Redis, taking a lease fails with its own error, in bounded time', async (t) => {
  const redis = await startTempRedis(t);
  const { leases } = await startRedisProcess(t, redis.url);
  await redis.kill('SIGKILL');
  const started = performance.now();
  await Promise.all([
    t.rejects(leases.acquire('task'), { code: 'REDIS_UNAVAILABLE' }),
    t.rejects(leases.held(['task']), { code: 'REDIS_UNAVAILABLE' }),
  ]);
  t.ok(performance.now() - started < 5_000);
});
