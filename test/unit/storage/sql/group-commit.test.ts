import t from 'tap';
import { systemClock } from '../../../../src/base/clock.js';
import { AppError } from '../../../../src/base/errors.js';
import { GroupCommit } from '../../../../src/storage/sql/group-commit.js';
import { createSteeredClock } from '../../../support/steered-clock.js';

t.test('writes that arrive together share a transaction, each with its own outcome', async (t) => {
  const groups: number[][] = [];
  const commit = new GroupCommit<number>({
    clock: systemClock,
    concurrentGroups: 1,
    run: async (writes) => {
      groups.push([...writes]);
      return writes.map((write) => write * 10);
    },
  });
  t.same(await Promise.all([1, 2, 3].map((n) => commit.submit(n))), [10, 20, 30]);
  t.same(groups, [[1, 2, 3]]);
});

t.test('writes that arrive while a group runs form the next, at most maxGroup large', async (t) => {
  const groups: number[] = [];
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const commit = new GroupCommit<number>({
    clock: systemClock,
    concurrentGroups: 1,
    maxGroup: 4,
    run: async (writes) => {
      groups.push(writes.length);
      if (groups.length === 1) {
        started();
        await gate;
      }
      return writes;
    },
  });
  let started = () => {};
  const running = new Promise<void>((resolve) => (started = resolve));
  const first = commit.submit(0);
  await running;
  const rest = [1, 2, 3, 4, 5, 6].map((n) => commit.submit(n));
  release();
  t.same(await Promise.all([first, ...rest]), [0, 1, 2, 3, 4, 5, 6]);
  t.same(groups, [1, 4, 2]);
});

t.test('a member that fails fails alone', async (t) => {
  const commit = new GroupCommit<number>({
    clock: systemClock,
    concurrentGroups: 1,
    run: async (writes) => {
      if (writes.includes(2)) throw new Error('two');
      return writes;
    },
  });
  const outcomes = await Promise.allSettled([1, 2, 3].map((n) => commit.submit(n)));
  t.match(outcomes, [{ value: 1 }, { reason: { message: 'two' } }, { value: 3 }]);
});

t.test('a database that is away fails the group at once, and the next group is tried again', async (t) => {
  let runs = 0;
  const commit = new GroupCommit<number>({
    clock: systemClock,
    concurrentGroups: 1,
    run: async (writes) => {
      runs += 1;
      if (runs === 1) throw new AppError('DATABASE_UNAVAILABLE');
      return writes;
    },
  });
  const outcomes = await Promise.allSettled([1, 2, 3].map((n) => commit.submit(n)));
  t.ok(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason.code === 'DATABASE_UNAVAILABLE'));
  t.equal(runs, 1);
  t.equal(await commit.submit(4), 4);
});

t.test('beyond maxWaiting a write is refused as busy', async (t) => {
  const commit = new GroupCommit<number>({ clock: systemClock, concurrentGroups: 1, maxWaiting: 2, run: async (writes) => writes });
  const outcomes = await Promise.allSettled([1, 2, 3].map((n) => commit.submit(n)));
  t.match(outcomes, [{ value: 1 }, { value: 2 }, { reason: { code: 'DATABASE_BUSY', disposition: 'retry' } }]);
  t.equal(await commit.submit(4), 4);
});

t.test(
  'a lock that is not to be had costs each write its own time from when it was submitted, and readiness hears of it (G4)',
  async (t) => {
    const clock = createSteeredClock();
    let isLocked = true;
    const commit = new GroupCommit<string>({
      clock,
      concurrentGroups: 1,
      waitLimitMs: 10_000,
      run: async (writes, maxWaitMs = 0) => {
        if (!isLocked) return writes;
        await clock.sleep(maxWaitMs);
        throw new AppError('DATABASE_BUSY');
      },
    });
    const settled: string[] = [];
    const submit = (write: string) =>
      void commit.submit(write).then(
        () => settled.push(`${write} written after ${clock.monotonic()}`),
        (error: AppError) => settled.push(`${write} ${error.code} after ${clock.monotonic()}`),
      );
    t.equal(commit.stallMs(), 0);
    submit('first');
    await clock.untilPending();
    await clock.advance(1_000);
    submit('second');
    await clock.advance(8_000);
    submit('third');
    t.equal(commit.stallMs(), 9_000);
    await clock.advance(1_000);
    await clock.untilPending();
    t.same(settled, ['first DATABASE_BUSY after 10000']);
    await clock.advance(1_000);
    await clock.untilPending();
    t.same(settled.slice(1), ['second DATABASE_BUSY after 11000']);
    await clock.advance(7_999);
    t.equal(settled.length, 2);
    await clock.advance(1);
    t.same(settled.slice(2), ['third DATABASE_BUSY after 19000']);
    t.equal(commit.stallMs(), 10_000, 'nothing waits now, and the next one would');
    await clock.advance(9_999);
    t.equal(commit.stallMs(), 10_000);
    await clock.advance(1);
    t.equal(commit.stallMs(), 0, 'it is tried again');
    isLocked = false;
    t.equal(await commit.submit('fourth'), 'fourth');
    t.equal(commit.stallMs(), 0);
  },
);
