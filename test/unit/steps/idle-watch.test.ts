import t from 'tap';
import { IdleWatch } from '../../../src/steps/idle-watch.js';
import { createSteeredClock } from '../../support/steered-clock.js';

const STALL_MS = 30_000;

function startWatch({ hasFreeHands = true } = {}) {
  const clock = createSteeredClock();
  const stuck: number[] = [];
  const busyAt: number[] = [];
  const queue = { nextWaitingMs: async () => 0, addedAt: 0 };
  const watch = new IdleWatch({
    stallAfterMs: STALL_MS,
    nextWaitingMs: () => queue.nextWaitingMs(),
    hasFreeHands: () => hasFreeHands,
    onBusy: () => busyAt.push(clock.monotonic()),
    onStuck: (waitingMs) => stuck.push(waitingMs),
    clock,
  });
  return {
    ...{ clock, stuck, busyAt, watch },
    /** From now on a job waits. */
    addJob() {
      const addedAt = clock.now();
      queue.nextWaitingMs = async () => clock.now() - addedAt;
    },
    loseRedis() {
      queue.nextWaitingMs = async () => {
        throw new Error('away');
      };
    },
  };
}

t.test('a worker that takes nothing while a job waits is noticed before readiness has to say so', async (t) => {
  const { clock, stuck, addJob } = startWatch();
  await clock.advance(100_000);
  t.same(stuck, [], 'nothing waits: nothing is wrong');
  addJob();
  await clock.advance(STALL_MS - 1);
  t.equal(stuck.length, 1);
  await clock.advance(10_000);
  t.equal(stuck.length, 1, 'the cure gets its time');
  await clock.advance(STALL_MS);
  t.equal(stuck.length, 2, 'it did not help: again');
});

t.test('a worker that takes jobs, has its hands full or was stopped is not stuck', async (t) => {
  const taking = startWatch();
  taking.addJob();
  for (let second = 0; second < 100; second += 5) {
    taking.watch.noteTaken();
    await taking.clock.advance(5_000);
  }
  t.same([taking.stuck, taking.busyAt], [[], []]);
  const full = startWatch({ hasFreeHands: false });
  full.addJob();
  await full.clock.advance(100_000);
  t.same(full.stuck, []);
  t.same(full.busyAt.slice(0, 3), [5_000, 10_000, 15_000], 'it tells that it is at work, often enough for readiness');
  const stopped = startWatch();
  stopped.addJob();
  stopped.watch.stop();
  await stopped.clock.advance(100_000);
  t.same(stopped.stuck, []);
  t.equal(stopped.clock.pending(), 0);
});

t.test('after an outage of Redis a sound worker has time to take what waited', async (t) => {
  const { clock, stuck, addJob, loseRedis, watch } = startWatch();
  loseRedis();
  await clock.advance(60_000);
  addJob();
  await clock.advance(16_000);
  t.same(stuck, []);
  watch.noteTaken();
  await clock.advance(14_000);
  t.same(stuck, []);
});
