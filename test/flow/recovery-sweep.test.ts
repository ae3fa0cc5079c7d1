/** The keeper's sweep over real Redis and SQLite: what is runnable and run by nobody gets a job again (R1). */
import { setImmediate as nextTurn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { type Clock, systemClock } from '../../src/base/clock.js';
import { newId } from '../../src/base/ids.js';
import { silentLogger } from '../../src/observe/log.js';
import { RecoverySweep } from '../../src/steps/recovery-sweep.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import type { TaskRecord, TaskStore } from '../../src/tasks/task-store.js';
import { getLease, untilKnown, waitFor } from '../support/coordination-steps.js';
import { startRedisProcess } from '../support/redis-process.js';
import { createSqlite } from '../support/temp-database.js';
import { startTempRedis, type TempRedis } from '../support/temp-redis.js';

/** Its age means nothing to the sweep: writers' clocks need not agree with the keeper's. */
const LONG_AGO = Date.now() - 60_000;

t.test('an orphan behind 1,250 tasks that are being run is found by the first round, and only it (R1)', async (t) => {
  const { store, redis } = await startStores(t);
  const worker = await startRedisProcess(t, redis.url, { leaseMs: 30_000 });
  const leased = await addTasks(store, 1_250, LONG_AGO);
  await Promise.all(leased.map((id) => store.take(id, LONG_AGO, 'alive')));
  await Promise.all(leased.map((id) => getLease(worker.leases, id)));
  const [orphan = ''] = await addTasks(store, 1, LONG_AGO + 1_000);
  await store.take(orphan, LONG_AGO + 1_000, 'dead');
  const keeper = await startKeeper(t, store, redis, { leaseMs: 600 });
  await untilKnown(keeper.leases);
  await keeper.round();
  t.same(keeper.queued, []);
  t.same(keeper.takenOver, [orphan]);
});

t.test('Redis loses everything, and in that very moment two keepers sweep: no live run is taken for an orphan (L4)', async (t) => {
  const { store, redis } = await startStores(t);
  const worker = await startRedisProcess(t, redis.url, { leaseMs: 2_000 });
  const live = await addTasks(store, 50, LONG_AGO);
  await Promise.all(live.map((id) => store.take(id, LONG_AGO, 'alive')));
  const leases = await Promise.all(live.map((id) => getLease(worker.leases, id)));
  const [orphan = ''] = await addTasks(store, 1, LONG_AGO);
  const keepers = [await startKeeper(t, store, redis, { leaseMs: 2_000 }), await startKeeper(t, store, redis, { leaseMs: 2_000 })];
  await Promise.all(keepers.map(({ leases }) => untilKnown(leases)));
  await store.take(orphan, LONG_AGO, 'dead');
  for (let loss = 0; loss < 3; loss += 1) {
    await worker.connections.main.flushall();
    for (let count = 0; count < 3; count += 1) await Promise.all(keepers.map(({ round }) => round()));
    t.same(new Set(keepers.flatMap(({ takenOver }) => takenOver)), new Set());
  }
  await waitFor(async () => {
    await Promise.all(keepers.map(({ round }) => round()));
    return keepers.some(({ takenOver }) => takenOver.length > 0);
  });
  t.same(new Set(keepers.flatMap(({ takenOver }) => takenOver)), new Set([orphan]), 'the dead one is found, and only it');
  t.same(
    leases.filter(({ lost }) => lost.aborted),
    [],
  );
});

t.test('2,000 tasks without a job are all queued within seven ticks (R1)', async (t) => {
  const { store, redis } = await startStores(t);
  // All of one instant: the sweep goes on within it.
  const ids = await addTasks(store, 2_000, LONG_AGO);
  const keeper = await startKeeper(t, store, redis);
  const ticks = await keeper.tickUntil(() => new Set(keeper.queued).size === ids.length, 7);
  t.same([...new Set(keeper.queued)].sort(), [...ids].sort());
  t.comment(`ticks: ${ticks}`);
});

t.test('a task that was touched between two looks is on its way and is left alone', async (t) => {
  const { store, redis } = await startStores(t);
  const [moving = '', idle] = [...(await addTasks(store, 1, LONG_AGO)), ...(await addTasks(store, 1, LONG_AGO))];
  const keeper = await startKeeper(t, store, redis);
  for (let tick = 0; tick < 3; tick += 1) {
    const taken = await store.take(moving, LONG_AGO, 'w');
    if (taken.type === 'taken') await store.release(moving, taken.task.epoch, LONG_AGO);
    await keeper.tick();
  }
  t.same(keeper.queued, [idle]);
});

t.test('a lost job is found although the clock of the front is a minute ahead of the keeper, or a minute behind (R1)', async (t) => {
  const { store, redis } = await startStores(t);
  const ids = [...(await addTasks(store, 1, Date.now() + 60_000)), ...(await addTasks(store, 1, Date.now() - 60_000))];
  const keeper = await startKeeper(t, store, redis);
  await keeper.tick();
  t.same(keeper.queued, [], 'one look tells nothing');
  for (let tick = 0; tick < 2; tick += 1) await keeper.tick();
  t.same([...keeper.queued].sort(), [...ids].sort(), 'RECOVERY_SWEEP.lostJobMs');
});

t.test('of two keepers one sweeps; when it closes, the other goes on (R1)', async (t) => {
  const { store, redis } = await startStores(t);
  await addTasks(store, 3, LONG_AGO);
  const [first, second] = [await startKeeper(t, store, redis), await startKeeper(t, store, redis)];
  for (let tick = 0; tick < 5; tick += 1) await Promise.all([first.tick(), second.tick()]);
  const [active, idle] = first.queued.length > 0 ? [first, second] : [second, first];
  t.equal(active.queued.length, 9, 'one has swept three times behind its first looks');
  t.same(idle.queued, [], 'the other not at all');
  await active.sweep.close();
  for (let tick = 0; tick < 3; tick += 1) await idle.tick();
  t.equal(idle.queued.length, 3);
});

t.test('a keeper cut off from Redis loses its duty to another (R1)', async (t) => {
  const { store, redis } = await startStores(t);
  await addTasks(store, 3, LONG_AGO);
  const cut = await startKeeper(t, store, redis, { leaseMs: 600 });
  for (let tick = 0; tick < 3; tick += 1) await cut.tick();
  t.equal(cut.queued.length, 3);
  const other = await startKeeper(t, store, redis, { leaseMs: 600 });
  cut.die();
  const deadline = performance.now() + 10_000;
  while (other.queued.length === 0 && performance.now() < deadline) await other.tick();
  t.equal(other.queued.length, 3);
  await cut.tick();
  t.equal(cut.queued.length, 3, 'who lost the duty sweeps no more');
});

t.test('Redis loses everything: one keeper goes on within a few ticks (R1)', async (t) => {
  const { store, redis } = await startStores(t);
  const ids = await addTasks(store, 3, LONG_AGO);
  const keepers = [await startKeeper(t, store, redis, { leaseMs: 600 }), await startKeeper(t, store, redis, { leaseMs: 600 })];
  for (let tick = 0; tick < 3; tick += 1) for (const keeper of keepers) await keeper.tick();
  const observer = await startRedisProcess(t, redis.url);
  await observer.connections.main.flushall();
  for (const keeper of keepers) keeper.queued.length = 0;
  for (let tick = 0; tick < 4; tick += 1) for (const keeper of keepers) await keeper.tick();
  t.same([...new Set(keepers.flatMap(({ queued }) => queued))].sort(), [...ids].sort());
});

async function startStores(t: Test) {
  const [redis, temp] = await Promise.all([startTempRedis(t), createSqlite(t)]);
  return { redis, store: new SqlTaskStore(await temp.open()) };
}

async function addTasks(store: TaskStore, count: number, at: number): Promise<readonly string[]> {
  const outcomes = await Promise.all(
    Array.from({ length: count }, () => {
      const id = newId();
      return store.accept({
        newTaskId: id,
        key: { agent: 'helper', owner: 'somebody', contextId: id },
        tenant: '',
        configVersion: '0',
        traceparent: '',
        message: { messageId: id, role: 'ROLE_USER', parts: [{ text: 'Hello' }] },
        sessionMessage: { id, role: 'user', author: 'user', parts: [{ type: 'text', text: 'Hello' }], createdAt: at },
        dedupeKey: id,
        messageHash: id,
        at,
      });
    }),
  );
  return outcomes.map((outcome) => {
    if (outcome.type !== 'accepted') throw new Error(outcome.type);
    return outcome.task.id;
  });
}

/** A sweep whose ticks, a second of four rounds each, the test makes, one at a time, each awaited to its end. */
async function startKeeper(t: Test, store: SqlTaskStore, redis: TempRedis, { leaseMs = 30_000 } = {}) {
  const { leases, die } = await startRedisProcess(t, redis.url, { leaseMs });
  const queued: string[] = [];
  const takenOver: string[] = [];
  const queue = {
    enqueue: async ({ id }: TaskRecord) => void queued.push(id),
    takeOver: async ({ id }: TaskRecord) => void takenOver.push(id),
    assertCapacity: async () => {},
  };
  const watch = createWatch();
  const timer = { run: (): void => {} };
  let rounds = 0;
  const clock: Clock = {
    ...systemClock,
    monotonic: () => rounds * 250,
    every: (_period, tick) => {
      timer.run = tick;
      return () => {};
    },
  };
  const sweep = new RecoverySweep({
    store: watch.wrap(store),
    leases: watch.wrap(leases),
    queue: watch.wrap(queue),
    clock,
    log: silentLogger,
  });
  t.teardown(() => sweep.close());
  const round = async () => {
    rounds += 1;
    timer.run();
    await watch.untilQuiet();
  };
  const tick = async () => {
    for (let count = 0; count < 4; count += 1) await round();
  };
  return {
    sweep,
    leases,
    queued,
    takenOver,
    die,
    round,
    tick,
    /** @returns the number of ticks it took; fails after `limit`. */
    async tickUntil(isDone: () => boolean, limit: number): Promise<number> {
      for (let count = 1; count <= limit; count += 1) {
        await tick();
        if (isDone()) return count;
      }
      t.fail(`not done after ${limit} ticks: ${queued.length} queued`);
      return limit;
    },
  };
}

/** Knows when calls into wrapped objects are under way; between two calls of one tick lie only microtasks. */
function createWatch() {
  let underWay = 0;
  return {
    wrap<T extends object>(target: T): T {
      return new Proxy(target, {
        get(_, key) {
          const value: unknown = Reflect.get(target, key, target);
          if (typeof value !== 'function') return value;
          return async (...parameters: unknown[]) => {
            underWay += 1;
            try {
              return await Reflect.apply(value, target, parameters);
            } finally {
              underWay -= 1;
            }
          };
        },
      });
    },
    async untilQuiet(): Promise<void> {
      do await nextTurn();
      while (underWay > 0);
    },
  };
}
