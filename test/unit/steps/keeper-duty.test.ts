import t from 'tap';
import { silentLogger } from '../../../src/observe/log.js';
import { KeeperDuty } from '../../../src/steps/keeper-duty.js';
import { RetentionSweep } from '../../../src/steps/retention-sweep.js';
import type { LeaseManager } from '../../../src/tasks/coordination.js';
import { createSteeredClock } from '../../support/steered-clock.js';

/** One holder at a time; `lose` takes the lease away from it. */
function createLeases() {
  const holders = new Map<string, AbortController>();
  const leases: LeaseManager = {
    async acquire(taskId) {
      if (holders.has(taskId)) return { type: 'held', remainingMs: 1_000 };
      const holder = new AbortController();
      holders.set(taskId, holder);
      return { type: 'acquired', lease: { taskId, lost: holder.signal, release: async () => void holders.delete(taskId) } };
    },
    held: async () => new Set(),
    close: async () => {},
  };
  const lose = (taskId: string) => {
    holders.get(taskId)?.abort(new Error('lost'));
    holders.delete(taskId);
  };
  return { leases, lose, holders };
}

t.test('a duty is done by one keeper; when that one closes or loses it, by another', async (t) => {
  const clock = createSteeredClock();
  const { leases, lose, holders } = createLeases();
  const rounds: string[] = [];
  const start = (who: string) =>
    new KeeperDuty({ ...{ name: 'sweep', periodMs: 1_000, leases, clock, log: silentLogger }, round: async () => void rounds.push(who) });
  const [first, second] = [start('first'), start('second')];
  await clock.advance(3_000);
  t.same(rounds.splice(0), ['first', 'first', 'first']);
  t.same([...holders.keys()], ['keeper.sweep']);
  lose('keeper.sweep');
  await leases.acquire('keeper.sweep');
  await clock.advance(1_000);
  t.same(rounds.splice(0), [], 'a third one has it');
  lose('keeper.sweep');
  await clock.advance(1_000);
  t.same(rounds.splice(0), ['first']);
  await first.close();
  await first.close();
  await clock.advance(1_000);
  t.same(rounds.splice(0), ['second']);
  await second.close();
  t.equal(clock.pending(), 0);
  t.equal(holders.size, 0);
});

t.test('a round that fails is followed by the next one; a slow one by none until it is over', async (t) => {
  const clock = createSteeredClock();
  const { leases } = createLeases();
  let rounds = 0;
  let signalOfRound: AbortSignal | undefined;
  const duty = new KeeperDuty({
    ...{ name: 'sweep', periodMs: 1_000, leases, clock, log: silentLogger },
    async round(signal) {
      rounds += 1;
      signalOfRound = signal;
      if (rounds === 1) throw new Error('no');
      await clock.sleep(5_000, signal);
    },
  });
  await clock.advance(4_000);
  t.equal(rounds, 2);
  const closed = duty.close();
  t.equal(signalOfRound?.aborted, true, 'closing does not wait for a long round');
  await closed;
});

t.test('retention deletes in small batches with pauses between, and only what has an age', async (t) => {
  const clock = createSteeredClock();
  const { leases } = createLeases();
  const left = { tasks: 250, sessions: 30 };
  const batches: string[] = [];
  const take = (what: keyof typeof left) => async (before: number, limit: number) => {
    const count = Math.min(limit, left[what]);
    left[what] -= count;
    batches.push(`${what} ${count} older than ${clock.now() - before} of at most ${limit}`);
    return count;
  };
  const sweep = new RetentionSweep({
    store: {
      ...{ completeEnded: async () => 0, deleteTasks: take('tasks'), deleteSessions: take('sessions') },
      deleteEvents: async () => t.fail('events are kept') as never,
    },
    retention: { tasksMs: 1_000, eventsMs: 0, sessionsMs: 2_000 },
    ...{ leases, clock, log: silentLogger },
  });
  await clock.advance(60_000);
  t.same(batches, ['tasks 100 older than 1000 of at most 100']);
  await clock.advance(49);
  t.equal(batches.length, 1, 'runs come first');
  await clock.advance(200);
  t.match(batches.slice(1), [/^tasks 100 /, /^tasks 50 /, /^sessions 30 older than 2\d+ /]);
  await sweep.close();
  t.equal(clock.pending(), 0);
});

t.test('a keeper that closes in the middle of a batch does not wait for its end', async (t) => {
  const clock = createSteeredClock();
  const { leases } = createLeases();
  let bites = 0;
  const sweep = new RetentionSweep({
    store: {
      ...{ completeEnded: async () => 0, deleteTasks: async () => 0, deleteSessions: async () => 0 },
      async deleteEvents(_, __, pause) {
        for (; bites < 1_000; bites++) await pause?.();
        return 1;
      },
    },
    retention: { tasksMs: 0, eventsMs: 1_000, sessionsMs: 0 },
    ...{ leases, clock, log: silentLogger },
  });
  await clock.advance(60_020);
  t.ok(bites > 1 && bites < 10, `${bites} bites`);
  await sweep.close();
  t.ok(bites < 10);
  t.equal(clock.pending(), 0);
});

t.test('without any age nothing is deleted; runs that an older process ended get their time of end, batch by batch', async (t) => {
  const clock = createSteeredClock();
  const { leases } = createLeases();
  const never = async () => t.fail('nothing is deleted') as never;
  const counts: number[] = [];
  let left = 250;
  const completeEnded = async (limit: number) => {
    const count = Math.min(limit, left);
    left -= count;
    counts.push(count);
    return count;
  };
  const sweep = new RetentionSweep({
    store: { completeEnded, deleteTasks: never, deleteEvents: never, deleteSessions: never },
    retention: { tasksMs: 0, eventsMs: 0, sessionsMs: 0 },
    ...{ leases, clock, log: silentLogger },
  });
  await clock.advance(60_000);
  t.same(counts, [100], 'runs come first');
  await clock.advance(100);
  t.same(counts, [100, 100, 50]);
  await sweep.close();
  t.equal(clock.pending(), 0);
});
