import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { systemClock } from '../../../../src/base/clock.js';
import { getLease, untilKnown, waitFor } from '../../../support/coordination-steps.js';
import { startRedisProcess } from '../../../support/redis-process.js';
import { createSteeredClock } from '../../../support/steered-clock.js';
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
  await waitFor(async () => (await second.connections.main.exists('test:lease:{task}')) === 1, 1_000);
  t.equal((await second.leases.acquire('task')).type, 'held');
  t.equal(lease.lost.aborted, false);
});

t.test('a Redis that was emptied is known by it, whenever that happens; all are held until live ones are there again (L4)', async (t) => {
  const redis = await startTempRedis(t);
  const { leases: onlooker, connections } = await startRedisProcess(t, redis.url, { leaseMs: 900 });
  const other = await startRedisProcess(t, redis.url, { leaseMs: 900 });
  t.same([...(await onlooker.held(['dead']))], ['dead'], 'a new one knows nothing');
  await untilKnown(onlooker);
  t.same([...(await onlooker.held(['dead']))], []);
  t.same([...(await other.leases.held(['dead']))], [], 'what one onlooker knows all know');
  const fresh = await startRedisProcess(t, redis.url, { leaseMs: 900 });
  t.same([...(await fresh.leases.held(['dead']))], [], 'also one that starts later');
  // More than one round trip: it is emptied in the middle of the look.
  const ids = Array.from({ length: 5_000 }, (_, index) => `task-${index}`);
  await connections.main.mset(ids.flatMap((id) => [`test:lease:{${id}}`, 'somebody']));
  const looking = onlooker.held(ids);
  await other.connections.main.flushall();
  t.equal((await looking).size, ids.length);
  t.equal((await other.leases.held(ids)).size, ids.length, 'so it is to every other onlooker');
});

t.test('a Redis that began anew counts as one that forgot, whatever it kept (L4)', async (t) => {
  const redis = await startTempRedis(t, { appendOnly: true });
  const { leases, connections } = await startRedisProcess(t, redis.url, { leaseMs: 600 });
  await untilKnown(leases);
  await redis.stop();
  await redis.restart();
  await waitFor(() => connections.main.status === 'ready');
  t.equal(await connections.main.exists('test:leases-known-since'), 1, 'the marker outlived it');
  t.same([...(await leases.held(['task']))], ['task']);
  await untilKnown(leases);
});

t.test('a server clock that was set back delays no takeover by more than one lease (L4)', async (t) => {
  const redis = await startTempRedis(t);
  const { leases, connections } = await startRedisProcess(t, redis.url, { leaseMs: 600 });
  await untilKnown(leases);
  const [life, since] = ((await connections.main.get('test:leases-known-since')) ?? '').split(' ');
  await connections.main.set('test:leases-known-since', `${life} ${Number(since) + 3_600_000}`);
  t.same([...(await leases.held(['task']))], ['task']);
  await untilKnown(leases);
});

t.test('many leases are renewed in one round trip, and all of them', async (t) => {
  const redis = await startTempRedis(t);
  const clock = createSteeredClock();
  const { leases, connections } = await startRedisProcess(t, redis.url, { leaseMs: 60_000, clock });
  const client = connections.main;
  const held = await Promise.all(Array.from({ length: 2_000 }, (_, index) => getLease(leases, `task-${index}`)));
  const renewals: Promise<unknown>[] = [];
  const pipeline = client.pipeline.bind(client);
  client.pipeline = (...parameters) => {
    const commands = pipeline(...parameters);
    const exec = commands.exec.bind(commands);
    commands.exec = (callback) => {
      const answers = exec(callback);
      renewals.push(answers);
      return answers;
    };
    return commands;
  };
  for (let round = 1; round <= 4; round += 1) {
    await clock.advance(20_000);
    t.equal(renewals.length, round);
    t.equal(((await renewals[round - 1]) as readonly unknown[]).length, 2_000);
    await nextTurn();
  }
  t.equal(held.filter((lease) => lease.lost.aborted).length, 0, 'past the deadline that they began with');
  client.pipeline = pipeline;
  await leases.close();
  t.same(await client.keys('test:lease:*'), []);
});

t.test('what this process leases, or is about to, it need not ask Redis for (L1)', async (t) => {
  const redis = await startTempRedis(t);
  const { leases, die } = await startRedisProcess(t, redis.url, { leaseMs: 60_000 });
  const kept = await getLease(leases, 'kept');
  die();
  const asked = leases.acquire('asked');
  t.same([...(await leases.held(['asked', 'kept']))], ['asked', 'kept']);
  await t.rejects(asked, { code: 'REDIS_UNAVAILABLE' });
  await t.rejects(leases.held(['asked', 'kept']), { code: 'REDIS_UNAVAILABLE' }, 'it was not given');
  await kept.release();
  await t.rejects(leases.held(['kept']), { code: 'REDIS_UNAVAILABLE' });
});

t.test('without Redis, taking a lease fails with its own error, in bounded time', async (t) => {
  const redis = await startTempRedis(t);
  const { leases } = await startRedisProcess(t, redis.url);
  await redis.kill('SIGKILL');
  const started = performance.now();
  await Promise.all([
    t.rejects(leases.acquire('task'), { code: 'REDIS_UNAVAILABLE' }),
    t.rejects(leases.held(['other']), { code: 'REDIS_UNAVAILABLE' }),
  ]);
  t.ok(performance.now() - started < 5_000);
});
