import t from 'tap';
import { RecentCounts } from '../../../../../src/storage/sql/run-log/recent-counts.js';

function start() {
  const world = { nowMs: 0, tasks: 0, counted: 0 };
  const count = async () => {
    world.counted += 1;
    const { tasks } = world;
    await Promise.resolve();
    world.nowMs += tasks / 1_000;
    return tasks;
  };
  return { world, counts: new RecentCounts(count, { monotonic: () => world.nowMs }) };
}

const FILTER = { agent: 'helper', owner: 'ada', tenant: '' };

t.test('few tasks are counted each time, also for those who ask at once', async (t) => {
  const { world, counts } = start();
  world.tasks = 9_999;
  const first = counts.count(FILTER);
  world.tasks = 3;
  t.equal(await counts.count(FILTER), 3, 'what was begun before a task was there is not what is asked for behind it');
  t.equal(await first, 9_999);
});

t.test('of many, counting takes a twentieth of the time at most', async (t) => {
  const { world, counts } = start();
  world.tasks = 100_000;
  t.equal(await counts.count(FILTER), 100_000);
  world.tasks += 1;
  world.nowMs += 1_999;
  t.equal(await counts.count(FILTER), 100_000);
  t.equal(await counts.count({ ...FILTER, owner: 'eve' }), 100_001, 'everybody has one of their own');
  world.nowMs += 2;
  t.same(await Promise.all([counts.count(FILTER), counts.count(FILTER)]), [100_001, 100_001]);
  t.equal(world.counted, 3, 'whoever asks while it is made again waits for the same');
});

t.test('a count that fails is tried again', async (t) => {
  let tries = 0;
  const counts = new RecentCounts(
    async () => {
      tries += 1;
      if (tries === 1) throw new Error('busy');
      return 20_000;
    },
    { monotonic: () => 0 },
  );
  await t.rejects(counts.count(FILTER), { message: 'busy' });
  t.equal(await counts.count(FILTER), 20_000);
});
