/** A held run stands in front of its session (CHK-08), and its end in any way lets the next run go on. */
import t from 'tap';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { execute } from '../support/query-database.js';
import { acceptNew, sampleCommit } from '../support/run-log-samples.js';
import { forEachDialect } from '../support/temp-database.js';
import { takeAs } from './recovery-store.js';

forEachDialect(t, async (t, createOpenTemp) => {
  await t.test('later runs stay behind a held one; canceling it hands over to the next', async (t) => {
    const temp = await createOpenTemp(t)();
    const [store, other] = [new SqlTaskStore(await temp.open()), new SqlTaskStore(await temp.open())];
    const first = await takeAs(store, 'w1', 'c1');
    const second = await acceptNew(store, { contextId: 'c1' });
    await store.hold(first.id, first.epoch, 1_000);
    t.match(await other.take(second.id, 1_001, 'w2'), { type: 'behind', earlierTaskId: first.id });
    t.same(await other.runnable(Date.now() + 1_000, 10), []);
    t.match(await store.cancel(first.id, 'ada', undefined, 1_002), { type: 'canceled', next: { id: second.id } });
    t.match(await other.take(second.id, 1_003, 'w2'), { type: 'taken' });
  });

  await t.test('a held run that is past its time hands its session over; a waiting one did so before (CHK-11)', async (t) => {
    const temp = await createOpenTemp(t)();
    const database = await temp.open();
    const [store, other] = [new SqlTaskStore(database), new SqlTaskStore(await temp.open())];
    const waiting = await takeAs(store, 'w1', 'c1');
    await store.commit(sampleCommit(waiting, 'TASK_STATE_INPUT_REQUIRED', { expiresAt: 2_000 }));
    const held = await takeAs(store, 'w1', 'c1');
    const next = await acceptNew(store, { contextId: 'c1' });
    const ended = await other.expire(waiting.id, 'late', 3_000);
    t.ok(ended.type === 'expired' && ended.next === undefined, 'the session was not its own to hand over');
    await store.hold(held.id, held.epoch, 1_000);
    t.same(await other.expire(held.id, 'late', 3_000), { type: 'not-due' }, 'it has no end yet');
    await execute(database, 'UPDATE tasks SET expires_at = ? WHERE id = ?', [2_500, held.id]);
    t.match(await other.due(2_500, 10), [{ id: held.id, heldSince: 1_000, expiresAt: 2_500 }]);
    t.match(await other.expire(held.id, 'late', 3_000), {
      type: 'expired',
      task: { state: 'TASK_STATE_FAILED', epoch: held.epoch + 1, heldSince: undefined, expiresAt: undefined },
      next: { id: next.id },
    });
    t.match(await store.take(next.id, 3_001, 'w2'), { type: 'taken' });
  });

  await t.test('a held run that is let go on before its time has no end any more', async (t) => {
    const temp = await createOpenTemp(t)();
    const database = await temp.open();
    const store = new SqlTaskStore(database);
    const task = await takeAs(store, 'w1');
    await store.hold(task.id, task.epoch, 1_000);
    await execute(database, 'UPDATE tasks SET expires_at = ? WHERE id = ?', [2_500, task.id]);
    t.match(await store.resume(task.id, undefined, 1_001), { type: 'resumed', task: { expiresAt: undefined } });
    t.same(await store.expire(task.id, 'late', 3_000), { type: 'not-due' });
    t.same(await store.due(3_000, 10), []);
  });
});
