import t from 'tap';
import { IdleRuns } from '../../../src/steps/idle-runs.js';
import type { TaskRecord } from '../../../src/tasks/task-store.js';
import { createSteeredClock } from '../../support/steered-clock.js';

function run(id: string, updatedAt: number, epoch = 0): TaskRecord {
  return { id, updatedAt, epoch } as TaskRecord;
}

t.test('a run is idle once it is seen unchanged long enough, whatever its own time says', async (t) => {
  const clock = createSteeredClock();
  const idle = new IdleRuns({ idleMs: 2_000, clock });
  const future = clock.now() + 3_600_000;
  const look = (...runs: readonly TaskRecord[]) => idle.look(runs).map(({ id }) => id);
  t.same(look(run('past', 0), run('future', future), run('moves', 1)), []);
  await clock.advance(1_999);
  t.same(look(run('past', 0), run('future', future), run('moves', 2)), []);
  await clock.advance(1);
  t.same(look(run('past', 0), run('future', future), run('moves', 2)), ['past', 'future']);
  await clock.advance(1_999);
  t.same(look(run('moves', 2), run('past', 0, 1)), ['moves'], 'from its last change on, which may be an epoch alone');
});

t.test('what a whole pass did not meet is forgotten; beyond the limit a run is idle at once', async (t) => {
  const clock = createSteeredClock();
  const idle = new IdleRuns({ idleMs: 2_000, clock, maxSeen: 2 });
  const look = (...ids: readonly string[]) => idle.look(ids.map((id) => run(id, 1))).map(({ id }) => id);
  t.same(look('a', 'b', 'c'), ['c']);
  idle.endPass();
  t.same(look('b'), []);
  idle.endPass();
  t.same(look('c'), [], 'there is room again');
  await clock.advance(2_000);
  t.same(look('a', 'b', 'c'), ['a', 'b', 'c']);
});
