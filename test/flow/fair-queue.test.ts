/** Owners are served in turn, over real Redis: the order in which a worker takes what many of them have put into the queue of steps. */
import { Worker } from 'bullmq';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { silentLogger } from '../../src/observe/log.js';
import { STEP_QUEUE, type StepJob } from '../../src/steps/queue-names.js';
import { BullStepQueue } from '../../src/steps/step-queue.js';
import { startRedisProcess } from '../support/redis-process.js';
import { startTempRedis } from '../support/temp-redis.js';

async function start(t: Test) {
  const redis = await startTempRedis(t);
  const { connections } = await startRedisProcess(t, redis.url, { leaseMs: 1_400 });
  const open = () => {
    const connection = connections.forQueue();
    const queue = new BullStepQueue({ connection, prefix: 'test', maxWaiting: 100_000, clock: systemClock, log: silentLogger });
    t.teardown(() => queue.close());
    return queue;
  };
  const queue = open();
  return {
    queue,
    open,
    client: connections.main,
    add: (owner: string, from: number, to: number, into = queue) =>
      Promise.all(
        Array.from({ length: to - from }, (_, n) =>
          into.enqueue({ id: `${owner.replace(/[:/]/g, '-')}_${from + n}`, step: 1, traceparent: '', owner }),
        ),
      ),
    /** The next `count` jobs, in the order in which one worker takes them. */
    async take(count: number): Promise<string[]> {
      const taken: string[] = [];
      let finish = () => {};
      const finished = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const worker = new Worker<StepJob>(
        STEP_QUEUE,
        async ({ data }) => {
          taken.push(data.taskId);
          if (taken.length < count) return;
          finish();
          // Nothing more is taken before the worker closes.
          void worker.close();
        },
        { connection: connections.forWorker(), prefix: 'test', concurrency: 1 },
      );
      await finished;
      await worker.close();
      return taken.slice(0, count);
    },
  };
}

const numberOf = (id: string): number => Number(id.slice(id.lastIndexOf('_') + 1));
const ownerOf = (id: string): string => id.slice(0, id.lastIndexOf('_'));

t.test(
  'a job of a small owner is served within a bounded number of jobs behind a big one, and each owner keeps its own order',
  async (t) => {
    const { queue, add, take } = await start(t);
    for (let n = 0; n < 2_000; n += 500) await add('big', n, n + 500);
    await add('small', 0, 1);
    await add('middle', 0, 30);
    const first = await take(120);
    const place = first.indexOf('small_0');
    t.ok(place >= 0 && place <= 32 + 8, `small is number ${place} of 2,031`);
    const middle = first.filter((id) => ownerOf(id) === 'middle');
    t.equal(middle.length, 30, 'an owner with a few is through while the big one has most of its own before it');
    t.same(middle.map(numberOf), [...Array(30).keys()]);
    t.ok(first.filter((id) => ownerOf(id) === 'big').length >= 60, 'and the big one is served all the time');

    await add('late', 0, 1);
    const next = await take(20);
    t.ok(next.includes('late_0'), 'who comes later stands with those whose turn is now');
    const big = [...first, ...next].filter((id) => ownerOf(id) === 'big');
    t.same(big.map(numberOf), [...Array(big.length).keys()], 'the big one’s jobs are taken in their order');
    t.ok((await queue.waiting()) > 0);
  },
);

t.test('a tenant gets no more turns for having many users, and its users are served in turn among themselves', async (t) => {
  const { add, take } = await start(t);
  const user = (n: number) => `tenant:a/user${n}`;
  await add(user(0), 0, 200);
  for (let n = 1; n <= 200; n++) await add(user(n), 0, 1);
  await add('tenant:b/only', 0, 10);
  const order = await take(120);
  const b = order.filter((id) => ownerOf(id) === 'tenant-b-only');
  t.ok(b.length === 10, `the other tenant's ten were among the first 120 of 410`);
  const users = new Set(order.map(ownerOf).filter((owner) => owner.startsWith('tenant-a-')));
  t.ok(users.size > 20, `${users.size} users of the big tenant were served meanwhile, not only its first`);
});

t.test('a short queue is first come, first served, without numbers; what was numbered is taken before numbers begin anew', async (t) => {
  const { queue, add, take, client } = await start(t);
  await add('one', 0, 5);
  await add('two', 0, 5);
  t.equal(await client.zcard('test:agent-steps:prioritized'), 0);
  t.same((await take(10)).map(ownerOf), [...Array(5).fill('one'), ...Array(5).fill('two')]);
  t.equal(await client.exists('test:agent-steps:turns'), 0, 'nothing was asked of Redis but the jobs themselves');

  await add('one', 0, 100);
  const numbered = await client.zcard('test:agent-steps:prioritized');
  t.ok(numbered > 50, `${numbered}`);
  t.equal((await queue.waiting()) >= 0, true);
  await take(100);
  // Another process, which knows nothing of the queue yet, asks.
  await add('one', 100, 101);
  await add('one', 200, 300);
  const [lowest = ''] = await client.zrange('test:agent-steps:prioritized', '0', '0');
  t.equal(await client.hget(`test:agent-steps:${lowest}`, 'priority'), '1', 'numbers begin anew after the queue was short');
});

t.test('a job that is added again moves nobody, and the queue counts and finds jobs that have a number', async (t) => {
  const { queue, add, open, client } = await start(t);
  await add('big', 0, 200);
  const before = await client.zrange('test:agent-steps:prioritized', '0', '-1', 'WITHSCORES');
  await add('big', 0, 200, open());
  t.same(await client.zrange('test:agent-steps:prioritized', '0', '-1', 'WITHSCORES'), before);
  await add('small', 0, 1);
  const [, score = ''] = await client.zrange('test:agent-steps:prioritized', '-1', '-1', 'WITHSCORES');
  t.ok(Number(score) < 60 * 2 ** 32, 'the last number is that of 200 jobs, not of 400');
  const place = await queue.findJob('small_0');
  t.ok(place?.type === 'waiting' && place.before >= 32 && place.before <= 40, JSON.stringify(place));
  t.same(await queue.findJob('big_199'), { type: 'waiting', before: 200 });
  t.equal(await open().waiting(), 201);
  t.ok((await queue.nextWaitingMs()) >= 0);
});
