/** Order of a session's runs, cancel, and the recovery sweep: what every task store keeps (ARCHITECTURE §5). */
import type { Test } from 'tap';
import type { TaskRecord } from '../../src/tasks/task-store.js';
import { acceptNew, sampleAccept, sampleCommit, takeNow } from '../support/run-log-samples.js';
import type { OpenStores } from './task-store.js';

export async function sessionSuite(t: Test, open: OpenStores): Promise<void> {
  await t.test('a run waits behind the earlier one of its session, which hands over to it', async (t) => {
    const [store, other] = await open(t);
    const first = await acceptNew(store, { contextId: 'c1' });
    const second = await acceptNew(other, { contextId: 'c1' });
    const third = await acceptNew(store, { contextId: 'c1' });
    const elsewhere = await acceptNew(store, { contextId: 'c2' });
    t.match(await store.take(second.id, Date.now()), {
      type: 'behind',
      earlierTaskId: first.id,
      task: { epoch: 0, state: 'TASK_STATE_SUBMITTED' },
    });
    t.equal((await takeNow(store, elsewhere.id)).epoch, 1);
    const ended = await store.commit(sampleCommit(await takeNow(store, first.id)));
    t.match(ended, { type: 'committed', next: { id: second.id } });
    t.match(await store.take(third.id, Date.now()), { type: 'behind', earlierTaskId: second.id });
    const paused = await store.commit(sampleCommit(await takeNow(store, second.id), 'TASK_STATE_INPUT_REQUIRED'));
    t.match(paused, { type: 'committed', next: { id: third.id } });
    const last = await store.commit(sampleCommit(await takeNow(store, third.id)));
    t.ok(last.type === 'committed' && last.next === undefined);
  });

  await t.test('the same context of two tenants is two sessions, and no message reaches a task of the other (U1)', async (t) => {
    const [store] = await open(t);
    const ours = await acceptNew(store, { contextId: 'c1', tenant: 'acme', text: 'ours' });
    const theirs = await acceptNew(store, { contextId: 'c1', tenant: 'other', text: 'theirs' });
    const nobodys = await acceptNew(store, { contextId: 'c1', text: 'of no tenant' });
    for (const task of [ours, theirs, nobodys]) t.equal((await store.take(task.id, Date.now())).type, 'taken', 'none waits for another');
    t.match(await store.sessionMessages(ours), [{ parts: [{ text: 'ours' }] }]);
    t.match(await store.sessionMessages({ agent: 'helper', owner: 'ada', contextId: 'c1' }), [{ parts: [{ text: 'of no tenant' }] }]);
    const waiting = await store.find(ours.id, 'ada');
    t.equal((await store.commit(sampleCommit(waiting as TaskRecord, 'TASK_STATE_INPUT_REQUIRED'))).type, 'committed');
    t.same(await store.accept(sampleAccept({ contextId: 'c1', tenant: 'other', taskId: ours.id })), { type: 'not-found' });
    t.match(await store.accept(sampleAccept({ contextId: 'c1', tenant: 'acme', taskId: ours.id })), { type: 'accepted' });
  });

  await t.test('a run that goes on after an interruption queues behind the one that began meanwhile', async (t) => {
    const [store] = await open(t);
    const first = await acceptNew(store, { contextId: 'c1' });
    await store.commit(sampleCommit(await takeNow(store, first.id), 'TASK_STATE_INPUT_REQUIRED'));
    const second = await takeNow(store, (await acceptNew(store, { contextId: 'c1' })).id);
    t.match(await store.accept(sampleAccept({ contextId: 'c1', taskId: first.id })), { type: 'accepted' });
    t.match(await store.take(first.id, Date.now()), { type: 'behind', earlierTaskId: second.id });
    t.match(await store.commit(sampleCommit(second)), { type: 'committed', next: { id: first.id } });
    t.match(await store.take(first.id, Date.now()), { type: 'taken' });
  });

  await t.test('no handover is lost between runs accepted and ended at the same time', async (t) => {
    const [store, other] = await open(t);
    for (let round = 0; round < 15; round++) {
      const contextId = `round ${round}`;
      const first = await takeNow(store, (await acceptNew(store, { contextId })).id);
      const [ended, took] = await Promise.all([
        store.commit(sampleCommit(first)),
        acceptNew(other, { contextId }).then((task) => other.take(task.id, Date.now())),
      ]);
      const handedOver = ended.type === 'committed' && ended.next !== undefined;
      t.ok(took.type === 'taken' || handedOver, `round ${round}: taken or handed over`);
    }
  });

  await t.test('a canceled run commits nothing more, and its session goes on (R6)', async (t) => {
    const [store, other] = await open(t);
    const task = await takeNow(store, (await acceptNew(store, { contextId: 'c1' })).id);
    const waiting = await acceptNew(store, { contextId: 'c1' });
    t.same(await other.cancel(task.id, 'eve', undefined, Date.now()), { type: 'not-found' });
    const message = sampleAccept().message;
    const canceled = await other.cancel(task.id, 'ada', message, Date.now());
    t.match(canceled, { type: 'canceled', task: { state: 'TASK_STATE_CANCELED', epoch: 2, seq: 3 }, next: { id: waiting.id } });
    t.match(canceled.type === 'canceled' && canceled.events, [
      { seq: 3, epoch: 2, type: 'status.changed', status: { state: 'TASK_STATE_CANCELED', message } },
    ]);
    t.match(await store.commit(sampleCommit(task)), { type: 'lost', task: { state: 'TASK_STATE_CANCELED' } });
    t.match(await store.cancel(task.id, 'ada', undefined, Date.now()), { type: 'already-canceled' });
    t.same(await store.cancel('unknown', 'ada', undefined, Date.now()), { type: 'not-found' });
  });

  await t.test('canceling a run that only waits hands over to nobody', async (t) => {
    const [store] = await open(t);
    const first = await takeNow(store, (await acceptNew(store, { contextId: 'c1' })).id);
    const second = await acceptNew(store, { contextId: 'c1' });
    const third = await acceptNew(store, { contextId: 'c1' });
    const canceled = await store.cancel(third.id, 'ada', undefined, Date.now());
    t.ok(canceled.type === 'canceled' && canceled.next === undefined);
    t.match(await store.commit(sampleCommit(first)), { next: { id: second.id } });
  });

  await t.test('of a cancel and a commit at the same time one wins (R5, R6)', async (t) => {
    const [store, other] = await open(t);
    for (let round = 0; round < 20; round++) {
      const task = await takeNow(store, (await acceptNew(store)).id);
      const commit = () => store.commit(sampleCommit(task));
      const cancel = () => (round % 4 < 2 ? store : other).cancel(task.id, 'ada', undefined, Date.now());
      const [a, b] = await Promise.all(round % 2 === 0 ? [commit(), cancel()] : [cancel(), commit()]);
      const types = new Set([a.type, b.type]);
      const events = await store.events(task.id, 0);
      const state = (await store.find(task.id, undefined))?.state;
      if (types.has('committed')) t.same([types, state], [new Set(['committed', 'terminal']), 'TASK_STATE_COMPLETED']);
      else t.same([types, state], [new Set(['lost', 'canceled']), 'TASK_STATE_CANCELED']);
      t.equal(events.length, 3, 'one terminal event');
    }
  });

  await t.test('the recovery sweep sees what is runnable, untouched and first in its session, oldest first', async (t) => {
    const [store, other] = await open(t);
    const old = await acceptNew(store, { contextId: 'c1', at: 1_000 });
    await acceptNew(store, { contextId: 'c1', at: 1_001 });
    const older = await acceptNew(store, { contextId: 'c2', at: 500 });
    const taken = await acceptNew(store, { contextId: 'c3', at: 400 });
    await store.take(taken.id, 1_500);
    const ended = await acceptNew(store, { contextId: 'c4', at: 300 });
    await store.commit(sampleCommit(await takeNow(store, ended.id)));
    const paused = await acceptNew(store, { contextId: 'c5', at: 200 });
    await store.commit(sampleCommit(await takeNow(store, paused.id), 'TASK_STATE_INPUT_REQUIRED'));
    const ids = async (before: number, limit: number) => (await other.runnable(before, limit)).map((task) => task.id);
    t.same(await ids(1_400, 10), [older.id, old.id]);
    t.same(await ids(1_500, 10), [older.id, old.id, taken.id]);
    t.same(await ids(1_500, 1), [older.id]);
    t.same(await ids(499, 10), []);
  });

  await t.test('one member of a group that fails fails alone', async (t) => {
    const [store] = await open(t);
    const existing = await acceptNew(store);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => store.accept(sampleAccept(index === 4 ? { newTaskId: existing.id } : {}))),
    );
    t.same(
      outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value.type),
      Array.from({ length: 10 }, (_, index) => (index === 4 ? false : 'accepted')),
    );
    t.equal((await store.runnable(Date.now() + 1_000, 100)).length, 10);
    t.same(await store.find(existing.id, undefined), existing, 'the task whose id was used again is as it was');
  });
}
