/** What a process of schema 2 leaves behind in a database that a newer one uses with it: it writes runs without the columns of schema 3. */
import t from 'tap';
import type { Database } from '../../src/storage/sql/database.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import type { TaskRecord } from '../../src/tasks/task-store.js';
import { execute, select } from '../support/query-database.js';
import { acceptNew, sampleCommit, takeNow } from '../support/run-log-samples.js';
import { forEachDialect } from '../support/temp-database.js';
import { takeAs } from './recovery-store.js';

forEachDialect(t, async (t, createOpenTemp) => {
  await t.test('a wait that an older front answered does not end the run that goes on (CHK-11)', async (t) => {
    const database = await (await createOpenTemp(t)()).open();
    const store = new SqlTaskStore(database);
    const task = await wait(store, 'c1', 100);
    await writeAsSchema2(database, task, { state: 'TASK_STATE_WORKING', isRunnable: true });
    t.match(await store.find(task.id, undefined), { state: 'TASK_STATE_WORKING', expiresAt: undefined });
    t.same(await store.expire(task.id, 'late', 5_000), { type: 'not-due' });
    t.match(await store.take(task.id, 5_001, 'w2'), { type: 'taken' });
    t.equal((await select(database, 'SELECT expires_at FROM tasks'))[0]?.['expires_at'], null, 'the next write clears it');
  });

  await t.test('a held run that an older worker runs is not held', async (t) => {
    const database = await (await createOpenTemp(t)()).open();
    const store = new SqlTaskStore(database);
    const task = await takeAs(store, 'w1');
    await store.hold(task.id, task.epoch, 1_000, 2_000);
    await writeAsSchema2(database, task, { state: 'TASK_STATE_WORKING', isRunnable: true });
    t.match(await store.find(task.id, undefined), { heldSince: undefined, expiresAt: undefined });
    t.same(await store.due(5_000, 10), []);
    t.same(await store.expire(task.id, 'late', 5_000), { type: 'not-due' });
    t.match(await store.commit(sampleCommit(task)), { type: 'committed' });
  });

  await t.test('runs that an older process let go on or ended do not stand before those that are due', async (t) => {
    const database = await (await createOpenTemp(t)()).open();
    const store = new SqlTaskStore(database);
    for (let index = 0; index < 5; index++) {
      const task = await wait(store, `answered ${index}`, 100);
      await writeAsSchema2(database, task, { state: 'TASK_STATE_WORKING', isRunnable: true });
    }
    const ended = await wait(store, 'ended', 100);
    await writeAsSchema2(database, ended, { state: 'TASK_STATE_CANCELED', isRunnable: false });
    const due = await wait(store, 'due', 200);
    const held = await takeAs(store, 'w1', 'held');
    await store.hold(held.id, held.epoch, 1, 300);
    t.match(await store.due(1_000, 2), [{ id: due.id }, { id: held.id }]);
    t.match(await store.statistics(undefined, 1_000), { expired: 2 });
  });

  await t.test('runs that an older process ended get their time of end, so many at a time; retention finds them then', async (t) => {
    const database = await (await createOpenTemp(t)()).open();
    const store = new SqlTaskStore(database);
    const open = await takeAs(store, 'w1', 'open');
    for (let index = 0; index < 5; index++) {
      const task = await wait(store, `ended ${index}`, 100);
      await writeAsSchema2(database, task, { state: 'TASK_STATE_COMPLETED', isRunnable: false });
    }
    t.match(await store.openRuns({ limit: 10 }), [{ id: open.id }], 'lists tell the truth before');
    t.equal(await store.deleteTasks(1_000, 10), 0, 'not found yet');
    t.equal(await store.completeEnded(3), 3);
    t.equal(await store.completeEnded(3), 2);
    t.equal(await store.completeEnded(3), 0);
    const rows = await select(database, 'SELECT ended_at, whole_since, expires_at FROM tasks WHERE id <> ?', [open.id]);
    t.same(rows, Array(5).fill({ ended_at: 500, whole_since: 500, expires_at: null }));
    t.match(await store.find(open.id, undefined), { state: 'TASK_STATE_WORKING', worker: 'w1' });
    t.equal(await store.deleteEvents(1_000, 10), 5);
    t.equal(await store.deleteTasks(1_000, 10), 5);
  });
});

async function wait(store: SqlTaskStore, contextId: string, expiresAt: number): Promise<TaskRecord> {
  const task = await takeNow(store, (await acceptNew(store, { contextId })).id);
  await store.commit(sampleCommit(task, 'TASK_STATE_INPUT_REQUIRED', { expiresAt }));
  return task;
}

/** As its UPDATE does: only the columns that it knows. */
async function writeAsSchema2(
  database: Database,
  { id, contextId }: TaskRecord,
  { state, isRunnable }: { readonly state: string; readonly isRunnable: boolean },
): Promise<void> {
  const [session] = await select(database, 'SELECT session_id FROM tasks WHERE context_id = ?', [contextId]);
  const [openSession, runnableSince] = isRunnable ? [session?.['session_id'], 500] : [null, null];
  await execute(database, 'UPDATE tasks SET state = ?, updated_at = 500, open_session = ?, runnable_since = ? WHERE id = ?', [
    ...[state, openSession, runnableSince],
    id,
  ]);
}
