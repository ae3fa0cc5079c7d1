import t from 'tap';
import { findStall, readQueue } from '../../../src/steps/queue-health.js';

function health(nextWaitingMs: number, lastProgressMs: number | undefined) {
  return {
    queue: { waiting: async () => 3, nextWaitingMs: async () => nextWaitingMs },
    progress: { ageMs: async () => lastProgressMs },
    stallAfterMs: 30_000,
  };
}

t.test('jobs are stuck when one waits too long and nobody got anywhere meanwhile', async (t) => {
  t.equal(await findStall(health(0, 100_000)), undefined, 'nothing waits');
  t.equal(await findStall(health(90_000, 2_000)), undefined, 'the queue is long, and moves');
  t.equal(await findStall(health(20_000, 90_000)), undefined, 'not long enough');
  t.equal(await findStall(health(45_000, 90_000)), 'step jobs wait for 45 s and no worker takes any (queue.stall_after_ms)');
  t.match(await findStall(health(45_000, undefined)), /wait for 45 s/, 'nobody ever did anything');
});

t.test('a reading has what metrics show', async (t) => {
  t.same(await readQueue(health(20, 1_000)), { waiting: 3, nextWaitingMs: 20, lastProgressMs: 1_000 });
});
