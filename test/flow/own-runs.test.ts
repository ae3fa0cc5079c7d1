/** Runs that begin in the process that accepted them, over real Redis and SQLite. */
import t from 'tap';
import type { StepOutcome } from '../../src/agents/agent.js';
import { AppError } from '../../src/base/errors.js';
import type { LeaseManager } from '../../src/tasks/coordination.js';
import { waitFor } from '../support/coordination-steps.js';
import { startStepRig } from '../support/step-rig.js';

const EMPTY = { control: {}, messages: [], events: [] };
const FINISHED: StepOutcome = { type: 'finished', ...EMPTY };

t.test(
  'a process that accepts a message and has a free hand begins the run itself: no job, and the take is in the same commit (R1, R3)',
  async (t) => {
    const rig = await startStepRig(t);
    const seen: string[] = [];
    rig.agents.set('helper', async ({ task, history }) => {
      seen.push(`${task.state} epoch ${task.epoch}, ${history.length} message`);
      return FINISHED;
    });
    rig.beginsRuns(await rig.startWorker());
    const accepted = await rig.accept('helper');
    t.match(accepted, { state: 'TASK_STATE_SUBMITTED', seq: 1 }, 'whoever sent the message sees it as it was accepted');
    const ended = await rig.untilEnded(accepted);
    t.match(ended, { state: 'TASK_STATE_COMPLETED', epoch: 1, step: 2, takes: 0, worker: '' });
    t.same(seen, ['TASK_STATE_WORKING epoch 1, 1 message']);
    t.same(
      (await rig.store.events(accepted.id, 0)).map(({ seq, epoch, type }) => `${seq}.${epoch} ${type}`),
      ['1.0 task.created', '2.1 status.changed', '3.1 status.changed'],
      'the log reads as if a worker had taken it from the queue (R4)',
    );
    t.same(await rig.redisClient.keys('test:agent-steps:*.*'), [], 'no job was made');
    t.same(await rig.leases.remaining([accepted.id]), new Map(), 'its lease is given back');
  },
);

t.test('a run behind another one of its session, or beyond queue.concurrency, waits in the queue', async (t) => {
  const rig = await startStepRig(t);
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let atOnce = 0;
  let most = 0;
  const order: string[] = [];
  rig.agents.set('helper', async ({ task }) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    order.push(`${task.contextId} ${task.turn}`);
    await gate;
    atOnce -= 1;
    return FINISHED;
  });
  rig.beginsRuns(await rig.startWorker({ concurrency: 3 }));
  const tasks = [await rig.accept('helper', 'one'), await rig.accept('helper', 'one')];
  t.equal((await rig.store.find(tasks[1]?.id ?? '', undefined))?.state, 'TASK_STATE_SUBMITTED', 'its turn has not come');
  for (const context of ['two', 'three', 'four', 'five']) tasks.push(await rig.accept('helper', context));
  await waitFor(() => atOnce === 3);
  open();
  for (const task of tasks) t.equal((await rig.untilEnded(task)).state, 'TASK_STATE_COMPLETED');
  t.equal(most, 3, 'at once');
  t.ok(order.indexOf('one 1') < order.indexOf('one 2'));
});

t.test('runs begin where they are accepted as long as there are hands for them and for all that wait', async (t) => {
  const rig = await startStepRig(t);
  const gates: (() => void)[] = [];
  rig.agents.set('helper', () => new Promise((resolve) => gates.push(() => resolve(FINISHED))));
  rig.beginsRuns(await rig.startWorker({ concurrency: 4 }));
  const asked: number[] = [];
  const queue: { isShortFor(freeHands: number): boolean } = rig.queue;
  queue.isShortFor = (freeHands) => asked.push(freeHands) < 3;
  const states: unknown[] = [];
  const tasks = [];
  for (const context of ['one', 'two', 'three']) {
    const task = await rig.accept('helper', context);
    tasks.push(task);
    states.push((await rig.store.find(task.id, undefined))?.state);
  }
  t.same(asked, [3, 2, 1], 'one hand is the queue’s in any case');
  t.same(states, ['TASK_STATE_WORKING', 'TASK_STATE_WORKING', 'TASK_STATE_SUBMITTED']);
  await waitFor(() => gates.length === 3);
  for (const open of gates) open();
  for (const task of tasks) t.equal((await rig.untilEnded(task)).state, 'TASK_STATE_COMPLETED');
});

t.test('a job that waits for its lease has a hand already: own runs leave it that hand (queue.concurrency)', async (t) => {
  const rig = await startStepRig(t);
  rig.agents.set('helper', async () => FINISHED);
  const slow: Pick<LeaseManager, 'acquire'> = rig.leases;
  const acquire = rig.leases.acquire.bind(rig.leases);
  const waiting: (() => void)[] = [];
  slow.acquire = async (taskId) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return await acquire(taskId);
  };
  const worker = await rig.startWorker({ concurrency: 3 });
  const tasks = [await rig.accept('helper', 'one'), await rig.accept('helper', 'two')];
  await waitFor(() => waiting.length === 2);
  rig.beginsRuns(worker);
  const third = await rig.accept('helper', 'three');
  t.match(await rig.store.find(third.id, undefined), { state: 'TASK_STATE_SUBMITTED', worker: '' });
  slow.acquire = acquire;
  for (const goOn of waiting) goOn();
  for (const task of [...tasks, third]) t.equal((await rig.untilEnded(task)).state, 'TASK_STATE_COMPLETED');
});

t.test('hands that were lent to own runs take jobs again as soon as they are free, also while a long job runs', async (t) => {
  const rig = await startStepRig(t);
  const gates = new Map<string, () => void>();
  rig.agents.set('helper', ({ task }) => new Promise((resolve) => gates.set(task.contextId, () => resolve(FINISHED))));
  const worker = await rig.startWorker({ concurrency: 3 });
  rig.beginsRuns(worker);
  const begin = async (context: string) => {
    const task = await rig.accept('helper', context);
    await waitFor(() => gates.has(context));
    return task;
  };
  const own = [await begin('own 1'), await begin('own 2')];
  const long = await begin('long job');
  for (const context of ['own 1', 'own 2']) gates.get(context)?.();
  for (const task of own) await rig.untilEnded(task);
  rig.beginsRuns(undefined);
  const jobs = [await begin('job 1'), await begin('job 2')];
  for (const finish of gates.values()) finish();
  for (const task of [long, ...jobs]) t.equal((await rig.untilEnded(task)).state, 'TASK_STATE_COMPLETED');
});

t.test('a run that cannot be leased, or whose step fails in a way that may pass, goes on through the queue', async (t) => {
  const rig = await startStepRig(t);
  let failures = 1;
  rig.agents.set('helper', async () => {
    if (failures-- > 0) throw new AppError('LLM_UNAVAILABLE', { message: 'Try again' });
    return FINISHED;
  });
  const worker = await rig.startWorker();
  rig.beginsRuns(worker);
  t.equal((await rig.untilEnded(await rig.accept('helper'))).state, 'TASK_STATE_COMPLETED');
  const acquire = rig.leases.acquire.bind(rig.leases);
  const broken: Pick<LeaseManager, 'acquire'> = rig.leases;
  broken.acquire = async (taskId) => {
    broken.acquire = acquire;
    throw new AppError('REDIS_UNAVAILABLE', { message: `no lease for ${taskId}` });
  };
  t.match(
    await rig.untilEnded(await rig.accept('helper')),
    { state: 'TASK_STATE_COMPLETED', epoch: 2 },
    'it was given back and taken again',
  );
});

t.test('a worker that drains begins nothing more, and ends only when what it began has ended', async (t) => {
  const rig = await startStepRig(t);
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  rig.agents.set('helper', () => gate.then(() => FINISHED));
  const worker = await rig.startWorker();
  rig.beginsRuns(worker);
  const begun = await rig.accept('helper');
  const closing = worker.close(10_000);
  const late = await rig.accept('helper');
  open();
  await closing;
  t.equal((await rig.store.find(begun.id, undefined))?.state, 'TASK_STATE_COMPLETED');
  t.match(await rig.store.find(late.id, undefined), { state: 'TASK_STATE_SUBMITTED', worker: '' });
});

t.test('a drain does not wait for a lease that never comes: the run is given back', async (t) => {
  const rig = await startStepRig(t);
  rig.agents.set('helper', async () => FINISHED);
  const worker = await rig.startWorker();
  rig.beginsRuns(worker);
  const broken: Pick<LeaseManager, 'acquire'> = rig.leases;
  const acquire = rig.leases.acquire.bind(rig.leases);
  broken.acquire = () => new Promise(() => {});
  const { id } = await rig.accept('helper');
  broken.acquire = acquire;
  t.match(await rig.store.find(id, undefined), { state: 'TASK_STATE_WORKING', takes: 1 });
  await worker.close(0);
  t.match(await rig.store.find(id, undefined), { worker: '', takes: 0 });
});
