/** What a store keeps of sessions that it read is what the rows say, whatever happens to the session, here or on another instance (R8). */
import t, { type Test } from 'tap';
import { isTerminal } from '../../src/protocol/task-state.js';
import type { Database } from '../../src/storage/sql/database.js';
import { SqlSessionStore } from '../../src/storage/sql/sql-session-store.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import type { SessionRange, TaskRecord } from '../../src/tasks/task-store.js';
import { chooseSeed } from '../support/long-form.js';
import { createRandom } from '../support/random.js';
import { acceptNew, sampleAccept, sampleCommit, sampleMessage, takeNow } from '../support/run-log-samples.js';
import { forEachDialect } from '../support/temp-database.js';

const KEY = { agent: 'helper', owner: 'ada', contextId: 'c1' };
const MANY = 40;

forEachDialect(t, async (t, createOpenTemp) => {
  const open = async (t: Test) => {
    const temp = await createOpenTemp(t)();
    const [database, other] = await Promise.all([temp.open(), temp.open()]);
    const bytes = { read: 0 };
    return { bytes, other, store: new SqlTaskStore(counting(database, bytes)), elsewhere: new SqlTaskStore(other) };
  };
  const many = (count = MANY) => Array.from({ length: count }, (_, index) => sampleMessage(`m${index}`));
  const sameAsRows = async (t: Test, { store, other }: Awaited<ReturnType<typeof open>>, range: SessionRange = {}, message = '') =>
    t.same(await store.sessionMessages(KEY, range), await new SqlTaskStore(other).sessionMessages(KEY, range), message);

  await t.test('a long session that was read is not read again, only what was said since', async (t) => {
    const rig = await open(t);
    const first = await takeNow(rig.elsewhere, (await acceptNew(rig.elsewhere, { contextId: 'c1' })).id);
    await rig.elsewhere.commit(sampleCommit(first, 'TASK_STATE_COMPLETED', { messages: many() }));
    t.equal((await rig.store.sessionMessages(KEY, { upToTurn: 1 })).length, MANY + 1);
    const whole = rig.bytes.read;
    for (const turn of [2, 3]) {
      const next = await takeNow(rig.elsewhere, (await acceptNew(rig.elsewhere, { contextId: 'c1' })).id);
      rig.bytes.read = 0;
      await sameAsRows(t, rig, { upToTurn: next.turn });
      t.ok(rig.bytes.read < whole / 4, `${rig.bytes.read} of ${whole} characters for turn ${turn}`);
      await rig.elsewhere.commit(sampleCommit(next, 'TASK_STATE_COMPLETED', { messages: [sampleMessage('more')] }));
    }
    await sameAsRows(t, rig, { upToTurn: 3, limit: 5 });
    await sameAsRows(t, rig, { upToTurn: 3, limit: 100 }, 'of fewer no more is known');
    await sameAsRows(t, rig, { upToTurn: 1 });
  });

  await t.test('a session that was deleted and begun anew is another one', async (t) => {
    const rig = await open(t);
    for (const text of ['old', 'new']) {
      const task = await takeNow(rig.elsewhere, (await acceptNew(rig.elsewhere, { contextId: 'c1', text })).id);
      await rig.elsewhere.commit(sampleCommit(task, 'TASK_STATE_COMPLETED', { messages: many() }));
      await sameAsRows(t, rig, { upToTurn: 1 });
      t.match((await rig.store.sessionMessages(KEY, { upToTurn: 1 }))[0], { parts: [{ text }] });
      if (text === 'old') await new SqlSessionStore(rig.other).deleteSession(task.id, 'ada');
    }
  });

  await t.test('a run that was read and left its session is not read again', async (t) => {
    const rig = await open(t);
    const first = await takeNow(rig.elsewhere, (await acceptNew(rig.elsewhere, { contextId: 'c1' })).id);
    await rig.elsewhere.commit(sampleCommit(first, 'TASK_STATE_COMPLETED', { messages: many() }));
    await takeNow(rig.elsewhere, (await acceptNew(rig.elsewhere, { contextId: 'c1', text: 'taken back' })).id);
    t.match((await rig.store.sessionMessages(KEY, { upToTurn: 2 })).at(-1), { parts: [{ text: 'taken back' }] });
    await rig.elsewhere.accept(sampleAccept({ contextId: 'c1', text: 'instead', doubleTexting: 'rollback' }));
    const rows = await rig.store.sessionMessages(KEY, { upToTurn: 3 });
    t.match(rows.at(-1), { parts: [{ text: 'instead' }] });
    t.notMatch(rows.at(-2), { parts: [{ text: 'taken back' }] });
    await sameAsRows(t, rig, { upToTurn: 3 });
  });

  await t.test('a message that came where nothing new was looked for is missed, and so all is read again', async (t) => {
    const rig = await open(t);
    const first = await takeNow(rig.elsewhere, (await acceptNew(rig.elsewhere, { contextId: 'c1' })).id);
    await rig.elsewhere.commit(sampleCommit(first, 'TASK_STATE_COMPLETED', { messages: many() }));
    await rig.store.sessionMessages(KEY, { upToTurn: 2 });
    const late = [first.id, 1, MANY + 2, first.id, JSON.stringify(sampleMessage('late'))];
    await rig.other.transact(function* () {
      yield { sql: 'INSERT INTO session_messages (session_id, turn, position, task_id, body) VALUES (?, ?, ?, ?, ?)', parameters: late };
      yield { sql: 'UPDATE sessions SET last_position = ? WHERE session_id = ?', parameters: [MANY + 2, first.id] };
    });
    t.match((await rig.store.sessionMessages(KEY, { upToTurn: 2 })).at(-1), { parts: [{ text: 'late' }] });
  });

  await t.test('whatever happens to a session, what is kept of it is what its rows say', async (t) => {
    const seed = chooseSeed(7);
    const random = createRandom(seed);
    const rig = await open(t);
    const { elsewhere } = rig;
    const begin = await takeNow(elsewhere, (await acceptNew(elsewhere, { contextId: 'c1' })).id);
    await elsewhere.commit(sampleCommit(begin, 'TASK_STATE_COMPLETED', { messages: many() }));
    const running = new Map<string, TaskRecord>();
    for (let act = 0; act < 60; act++) {
      const task = random.pick([...running.values(), undefined]);
      const store = random.pick([elsewhere, rig.store]);
      if (task === undefined) {
        const doubleTexting = random.pick(['enqueue', 'enqueue', 'interrupt', 'rollback'] as const);
        await store.accept(sampleAccept({ contextId: 'c1', text: `act ${act}`, doubleTexting })).then((outcome) => {
          if (outcome.type === 'accepted') running.set(outcome.task.id, outcome.task);
        });
      } else if (task.state === 'TASK_STATE_INPUT_REQUIRED') {
        await store.accept(sampleAccept({ contextId: 'c1', text: `act ${act}`, taskId: task.id }));
      } else {
        const taken = await store.take(task.id, Date.now());
        if (taken.type === 'taken') {
          await sameAsRows(t, rig, { upToTurn: taken.task.turn }, `seed ${seed}, act ${act}`);
          const state = random.pick(['TASK_STATE_WORKING', 'TASK_STATE_COMPLETED', 'TASK_STATE_INPUT_REQUIRED'] as const);
          await store.commit(sampleCommit(taken.task, state, { messages: many(random.below(3)) }));
        }
      }
      for (const id of running.keys()) {
        const now = await elsewhere.find(id, undefined);
        if (now === undefined || isTerminal(now.state)) running.delete(id);
        else running.set(id, now);
      }
    }
    await sameAsRows(t, rig);
  });
});

/** Counts the characters of what is read. */
function counting(database: Database, bytes: { read: number }): Database {
  return {
    ...database,
    async read(query) {
      const rows = await database.read(query);
      bytes.read += JSON.stringify(rows).length;
      return rows;
    },
  };
}
