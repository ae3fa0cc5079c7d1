/** The queue of step jobs over real Redis. */
import t from 'tap';
import type { StepOutcome } from '../../src/agents/agent.js';
import { waitFor } from '../support/coordination-steps.js';
import { OWNER, startStepRig } from '../support/step-rig.js';

const FINISHED: StepOutcome = { type: 'finished', control: {}, messages: [], events: [] };

t.test('a takeover is a job of its own, once per death, and comes before whoever waits longer (R1)', async (t) => {
  const rig = await startStepRig(t);
  const order: string[] = [];
  rig.agents.set('helper', async ({ task }) => {
    order.push(task.id);
    return FINISHED;
  });
  const waiting = await rig.accept('helper');
  const orphan = await rig.accept('helper');
  t.equal((await rig.store.take(orphan.id, Date.now(), 'dead')).type, 'taken');
  const taken = await rig.store.find(orphan.id, OWNER);
  if (taken === undefined) throw new Error('the run is gone');
  const depth = () => rig.redisClient.llen('test:agent-steps:wait');
  t.equal(await depth(), 2);
  await rig.queue.takeOver(taken);
  await rig.queue.takeOver(taken);
  t.equal(await depth(), 3, 'the dead worker’s own job does not swallow it, and it is there once');
  await rig.queue.enqueue(taken);
  t.equal(await depth(), 3);
  await rig.startWorker({ concurrency: 1 });
  await Promise.all([rig.untilEnded(waiting), rig.untilEnded(orphan)]);
  t.same(order, [orphan.id, waiting.id]);
});

t.test('as long as fewer jobs wait than hands are free, a run that takes one more overtakes nobody', async (t) => {
  const rig = await startStepRig(t);
  for (let job = 0; job < 15; job++) await rig.accept('helper');
  await waitFor(async () => (await rig.queue.counts()).waiting === 15);
  await waitFor(async () => (await rig.queue.waiting()) === 15);
  t.equal(rig.queue.isShortFor(1), true, 'so few that hands anywhere take them at once');
  await Promise.all(Array.from({ length: 15 }, () => rig.accept('helper')));
  await waitFor(async () => (await rig.queue.waiting()) === 30);
  t.same(
    [30, 31].map((free) => rig.queue.isShortFor(free)),
    [false, true],
  );
  const accepted = rig.accept('helper');
  await accepted;
  t.equal(rig.queue.isShortFor(31), false, 'what was added since it looked counts');
});

t.test('how long the next job waits', async (t) => {
  const rig = await startStepRig(t);
  rig.agents.set('helper', async () => FINISHED);
  t.equal(await rig.queue.nextWaitingMs(), 0, 'none waits');
  await rig.accept('helper');
  await waitFor(async () => (await rig.queue.nextWaitingMs()) >= 300);
  await rig.accept('helper');
  t.ok((await rig.queue.nextWaitingMs()) >= 300, 'the oldest counts');
  t.equal(await rig.progress.ageMs(), undefined, 'nobody has done anything yet');
  await rig.startWorker();
  await waitFor(async () => (await rig.queue.nextWaitingMs()) === 0);
  await waitFor(async () => (await rig.progress.ageMs()) !== undefined);
  t.ok(((await rig.progress.ageMs()) ?? 5_000) < 5_000, 'now somebody has');
});
