/** What the queue tells people who ask where a run's job is, over real Redis. */
import t from 'tap';
import type { StepOutcome } from '../../src/agents/agent.js';
import { AppError } from '../../src/base/errors.js';
import { waitFor } from '../support/coordination-steps.js';
import { startStepRig } from '../support/step-rig.js';

const FINISHED: StepOutcome = { type: 'finished', control: {}, messages: [], events: [] };

t.test('a job is found waiting with those before it, in hand, put off, and gone; workers are counted while they live', async (t) => {
  const rig = await startStepRig(t);
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let fails = true;
  rig.agents.set('helper', async () => {
    await opened;
    return FINISHED;
  });
  rig.agents.set('failing', async () => {
    if (fails) throw new AppError('LLM_UNAVAILABLE');
    return FINISHED;
  });
  t.equal(await rig.queue.countWorkers(), 0);
  const place = ({ id }: { readonly id: string }) => rig.queue.findJob(id);
  const first = await rig.accept('helper');
  await waitFor(async () => (await place(first))?.type === 'waiting');
  const second = await rig.accept('helper');
  await waitFor(async () => (await place(second))?.type === 'waiting');
  t.same(
    [await place(first), await place(second)],
    [
      { type: 'waiting', before: 0 },
      { type: 'waiting', before: 1 },
    ],
  );
  t.same(await place({ id: first.id.slice(0, -1) }), { type: 'none' }, 'the beginning of an id is not the id');
  await rig.queue.takeOver({ ...second, epoch: 7 });
  t.same(await place(second), { type: 'waiting', before: 0 }, 'a job that takes over goes first');

  const worker = await rig.startWorker({ concurrency: 2 });
  await waitFor(async () => (await place(first))?.type === 'active');
  t.equal(await rig.queue.countWorkers(), 1);
  open();
  await Promise.all([rig.untilEnded(first), rig.untilEnded(second)]);
  await waitFor(async () => (await place(first))?.type === 'none');

  const failing = await rig.accept('failing');
  let put = await place(failing);
  await waitFor(async () => {
    put = await place(failing);
    return put?.type === 'delayed';
  });
  const inMs = put?.type === 'delayed' ? put.dueAt - Date.now() : Number.NaN;
  t.ok(inMs > -1_000 && inMs < 5_000, `in ${inMs} ms`);
  fails = false;
  await rig.untilEnded(failing);
  await worker.close(0);
  await waitFor(async () => (await rig.queue.countWorkers()) === 0);
});
