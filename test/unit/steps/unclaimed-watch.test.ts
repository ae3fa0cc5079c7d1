import t, { type Test } from 'tap';
import { silentLogger } from '../../../src/observe/log.js';
import { UnclaimedWatch } from '../../../src/steps/unclaimed-watch.js';
import type { TaskRecord } from '../../../src/tasks/task-store.js';
import { createSteeredClock } from '../../support/steered-clock.js';

function startWatch(t: Test) {
  const clock = createSteeredClock();
  const world = {
    run: undefined as TaskRecord | undefined,
    keepers: new Set(['keeper']),
    progressMs: 0 as number | undefined,
    reads: 0,
    isAway: false,
  };
  const watch = new UnclaimedWatch({
    store: {
      async oldestUnclaimed() {
        world.reads += 1;
        if (world.isAway) throw new Error('away');
        return world.run;
      },
    },
    leases: { held: async () => world.keepers },
    keeperLease: 'keeper',
    progress: { ageMs: async () => world.progressMs },
    stallAfterMs: 30_000,
    clock,
    log: silentLogger,
  });
  t.teardown(() => watch.close());
  return { clock, world, watch };
}

const run = (id: string, updatedAt: number): TaskRecord => ({ id, updatedAt, epoch: 0 }) as TaskRecord;

t.test('a run that nobody has is stuck when it stays in front too long, and no keeper or no worker does anything about it', async (t) => {
  const { clock, world, watch } = startWatch(t);
  t.equal(await watch.findStall(), undefined, 'there is none');
  // By a clock that is far ahead: only its staying counts.
  world.run = run('a', clock.now() + 3_600_000);
  await clock.advance(29_000);
  t.equal(await watch.findStall(), undefined);
  await clock.advance(8_000);
  t.equal(await watch.findStall(), undefined, 'the queue is long, and moves');
  world.progressMs = 40_000;
  t.match(await watch.findStall(), /^a run that nobody has waits for 3\d s and no worker takes any \(queue\.stall_after_ms\)$/);
  world.progressMs = 0;
  world.keepers.clear();
  t.match(await watch.findStall(), /and no keeper is on duty to give it a job/);
  world.run = run('b', 1);
  await clock.advance(5_000);
  t.equal(await watch.findStall(), undefined, 'another one is in front');
});

t.test('SQL is asked once a second however often somebody asks, and an answer that fails is none', async (t) => {
  const { clock, world, watch } = startWatch(t);
  world.run = run('a', clock.now() - 4_000);
  t.same(await Promise.all([watch.ageMs(), watch.ageMs()]), [4_000, 4_000]);
  await watch.findStall();
  t.equal(world.reads, 1);
  await clock.advance(1_000);
  t.equal(await watch.ageMs(), 5_000);
  t.equal(world.reads, 2);
  world.isAway = true;
  await clock.advance(1_000);
  await t.rejects(watch.ageMs(), { message: 'away' });
  await t.rejects(watch.findStall(), { message: 'away' });
  watch.close();
  t.equal(clock.pending(), 0);
});
