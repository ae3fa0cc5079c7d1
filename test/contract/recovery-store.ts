/** Who has a run, and what becomes of runs that nobody has (CHK-07, CHK-08, CHK-11): what every store of it keeps. */
import type { Test } from 'tap';
import type { RecoveryStore } from '../../src/tasks/recovery-store.js';
import type { TaskRecord, TaskStore } from '../../src/tasks/task-store.js';
import type { ToolCallStore } from '../../src/tasks/tool-call.js';
import { acceptNew, sampleAccept, sampleCommit, takeNow } from '../support/run-log-samples.js';
import { sampleToolCall } from '../support/sample-tool-call.js';

export type RecoverableStore = TaskStore & ToolCallStore & RecoveryStore;

/** Two stores over one database, as two processes have them; or one twice. */
export type OpenRecoverable = (t: Test) => Promise<readonly [RecoverableStore, RecoverableStore]>;

export async function recoverySuite(t: Test, open: OpenRecoverable): Promise<void> {
  await t.test("a worker's name stands in the run from its take to its end, and the next take tells who had it", async (t) => {
    const [store, other] = await open(t);
    const { id } = await acceptNew(store);
    t.match(await store.take(id, 1, 'w1'), { type: 'taken', from: '', task: { worker: 'w1' } });
    t.match(await other.find(id, undefined), { worker: 'w1' });
    const taken = await other.take(id, 2, 'w2');
    t.match(taken, { type: 'taken', from: 'w1', task: { worker: 'w2' } }, 'w1 died');
    if (taken.type !== 'taken') return;
    const goesOn = await store.commit(sampleCommit(taken.task, 'TASK_STATE_WORKING', { goesOn: true }));
    t.match(goesOn, { type: 'committed', task: { worker: 'w2' } });
    if (goesOn.type !== 'committed') return;
    t.match(await store.commit(sampleCommit(goesOn.task, 'TASK_STATE_WORKING')), { task: { worker: '' } }, 'it is handed over');
    t.match(await store.take(id, 3, 'w3'), { from: '', task: { worker: 'w3' } });
    t.match(await store.take(id, 4), { from: 'w3', task: { worker: '' } });
  });

  await t.test('a run that ends or waits has no worker', async (t) => {
    const [store] = await open(t);
    for (const state of ['TASK_STATE_COMPLETED', 'TASK_STATE_FAILED', 'TASK_STATE_INPUT_REQUIRED', 'TASK_STATE_AUTH_REQUIRED'] as const) {
      const task = await takeAs(store, 'w1');
      t.match(await store.commit(sampleCommit(task, state, { goesOn: true })), { type: 'committed', task: { worker: '' } });
      t.match(await store.find(task.id, undefined), { state, worker: '' });
    }
    const task = await takeAs(store, 'w1');
    t.match(await store.cancel(task.id, 'ada', undefined, Date.now()), { task: { worker: '', heldSince: undefined } });
  });

  await t.test('a worker that gives a run back leaves it as nobody had it; one that lost it changes nothing (R3)', async (t) => {
    const [store, other] = await open(t);
    const before = await takeAs(store, 'w1');
    const taken = await other.take(before.id, 5, 'w2');
    await store.release(before.id, before.epoch, 1_000);
    t.match(await store.find(before.id, undefined), { worker: 'w2', updatedAt: 5 }, 'w1 is late');
    if (taken.type !== 'taken') return;
    await store.release(before.id, taken.task.epoch, 1_001);
    t.same(await store.find(before.id, undefined), { ...taken.task, worker: '', updatedAt: 1_001 });
    t.match(await store.take(before.id, 6, 'w3'), { type: 'taken', from: '' });
    await store.release('unknown', 1, 1);
  });

  await t.test('a held run is taken, committed and recorded by nobody until it is resumed (CHK-08)', async (t) => {
    const [store, other] = await open(t);
    const task = await takeAs(store, 'w1');
    t.same(await store.hold(task.id, task.epoch - 1, 900), { type: 'lost' }, 'an older epoch');
    t.same(await store.hold('unknown', 1, 900), { type: 'lost' });
    const held = await store.hold(task.id, task.epoch, 1_000);
    t.same(held, { type: 'held', task: { ...task, worker: '', heldSince: 1_000, updatedAt: 1_000 } });
    t.same(await other.find(task.id, undefined), held.type === 'held' && held.task);
    t.match(await other.take(task.id, 1_001, 'w2'), { type: 'not-runnable', task: { heldSince: 1_000, epoch: task.epoch } });
    t.match(await store.commit(sampleCommit(task)), { type: 'lost' });
    t.equal(await store.record({ taskId: task.id, epoch: task.epoch, step: 1, toolCalls: [sampleToolCall()], at: 1 }), 'lost');
    t.same(await other.runnable(Date.now() + 1_000, 10), [], 'no sweep gives it a job');
    t.same(await store.resume(task.id, 'eve', 1_002), { type: 'not-found' });
    t.same(await store.resume('unknown', undefined, 1_002), { type: 'not-found' });
    const resumed = await other.resume(task.id, 'ada', 1_002);
    t.same(resumed, { type: 'resumed', task: { ...task, worker: '', updatedAt: 1_002 } });
    t.match(await store.resume(task.id, undefined, 1_003), { type: 'not-held', task: { updatedAt: 1_002 } });
    t.match(await store.runnable(1_002, 10), [{ id: task.id }]);
    t.match(await other.take(task.id, 1_004, 'w2'), { type: 'taken', from: '', task: { epoch: task.epoch + 1, takes: 2 } });
  });

  await t.test('a held run can be canceled, and nothing of it stays held', async (t) => {
    const [store] = await open(t);
    const task = await takeAs(store, 'w1');
    await store.hold(task.id, task.epoch, 1_000);
    t.match(await store.cancel(task.id, 'ada', undefined, 1_001), { type: 'canceled', task: { heldSince: undefined } });
    t.match(await store.resume(task.id, 'ada', 1_002), { type: 'not-held' });
    t.match(await store.hold(task.id, task.epoch + 1, 1_003), { type: 'lost' });
  });

  await t.test('a wait has a time at which it ends, until somebody answers', async (t) => {
    const [store, other] = await open(t);
    const wait = async (contextId: string, expiresAt: number) => {
      const task = await takeNow(store, (await acceptNew(store, { contextId })).id);
      const outcome = await store.commit(sampleCommit(task, 'TASK_STATE_INPUT_REQUIRED', { expiresAt }));
      t.match(outcome, { type: 'committed', task: { expiresAt } });
      return task.id;
    };
    const [late, early, answered, canceled] = [await wait('a', 300), await wait('b', 200), await wait('c', 100), await wait('d', 100)];
    const dueIds = async (at: number, limit = 10) => (await other.due(at, limit)).map((task) => task.id);
    t.match(await store.accept(sampleAccept({ contextId: 'c', taskId: answered })), { type: 'accepted', task: { expiresAt: undefined } });
    t.match(await store.cancel(canceled, 'ada', undefined, 1), { task: { expiresAt: undefined } });
    t.same(await dueIds(199), []);
    t.same(await dueIds(200), [early]);
    t.same(await dueIds(10_000), [early, late]);
    t.same(await dueIds(10_000, 1), [early]);
    t.match(await store.find(late, undefined), { expiresAt: 300 });
  });
}

export async function takeAs(store: TaskStore, worker: string, contextId?: string): Promise<TaskRecord> {
  const { id } = await acceptNew(store, contextId === undefined ? {} : { contextId });
  const outcome = await store.take(id, Date.now(), worker);
  if (outcome.type !== 'taken') throw new Error(`not taken: ${outcome.type}`);
  return outcome.task;
}
