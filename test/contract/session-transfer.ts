/** Sessions in a database of their own (SES-10): what holds for any two databases. */
import { setImmediate as immediate } from 'node:timers/promises';
import type { Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { armFaultPoint } from '../../src/base/fault-points.js';
import type { Database } from '../../src/storage/sql/database.js';
import { isSameDatabase } from '../../src/storage/sql/same-database.js';
import type { SessionRange, TaskRecord, TaskStore } from '../../src/tasks/task-store.js';
import { select } from '../support/query-database.js';
import { acceptNew, sampleAccept, sampleCommit, sampleMessage, takeNow } from '../support/run-log-samples.js';
import { countRows, openSeparateStore } from '../support/separate-sessions.js';
import { createSteeredClock } from '../support/steered-clock.js';
import type { TempDatabase } from '../support/temp-database.js';

export type OpenPair = (t: Test) => Promise<{ readonly runs: TempDatabase; readonly sessions: TempDatabase }>;

const KEY = { agent: 'helper', owner: 'ada', contextId: 'c1' };

export async function sessionTransferSuite(t: Test, openPair: OpenPair): Promise<void> {
  const open = async (t: Test) => {
    const temps = await openPair(t);
    return { temps, runs: await temps.runs.open(), sessions: await temps.sessions.open() };
  };

  await t.test('what a run says is moved soon after, and reads the same before, in between and after (SES-10)', async (t) => {
    const { runs, sessions } = await open(t);
    const clock = createSteeredClock();
    const { store } = openSeparateStore(t, runs, sessions, clock);
    const task = await converse(store);
    const before = await readAllWays(store, task);
    t.same(before[0], ['q1', 'a1', 'a2', 'a3', 'q2']);
    t.equal((await countRows(runs)).messages, 5, 'the commit alone brings it into the tasks database');

    const moments: unknown[] = [];
    const inserted = new Promise<void>((resolve) => {
      t.teardown(
        armFaultPoint('session-transfer.after-insert', async () => {
          moments.push((await countRows(runs)).messages, (await countRows(sessions)).messages, await readAllWays(store, task));
          resolve();
        }),
      );
    });
    await clock.advance(1_000);
    await inserted;
    t.same(moments, [5, 5, before], 'each message once, while it is in both (X1)');
    await until(async () => (await countRows(runs)).messages === 0);
    t.equal((await countRows(sessions)).messages, 5);
    t.same(await readAllWays(store, task), before);
    await store.commit(sampleCommit(await takeNow(store, task.id), 'TASK_STATE_COMPLETED', { messages: [sampleMessage('a4')] }));
    t.same(await texts(store), ['q1', 'a1', 'a2', 'a3', 'q2', 'a4'], 'half moved, half not');
    t.same(await texts(store, { limit: 2 }), ['q2', 'a4']);
    t.same(await texts(store, { limit: 3 }), ['a3', 'q2', 'a4']);
  });

  await t.test(
    'the keeper moves what is left behind, however much it is; an answer that stands before a question moved earlier finds its place',
    async (t) => {
      const { runs, sessions } = await open(t);
      const { store, transfer } = openSeparateStore(t, runs, sessions);
      const first = await takeNow(store, (await acceptNew(store, { contextId: 'c1', text: 'q1' })).id);
      await acceptNew(store, { contextId: 'c1', text: 'q2' });
      await transfer.tick();
      const many = Array.from({ length: 250 }, (_, index) => sampleMessage(`a${index}`));
      await store.commit(sampleCommit(first, 'TASK_STATE_COMPLETED', { messages: many }));
      const expected = ['q1', ...many.map((_, index) => `a${index}`), 'q2'];
      t.same(await texts(store), expected);
      t.same(await texts(store, { limit: 2 }), ['a249', 'q2']);
      await transfer.tick();
      t.same(
        [await countRows(runs), await countRows(sessions)],
        [
          { messages: 0, rolledBack: 0 },
          { messages: 252, rolledBack: 0 },
        ],
      );
      t.same(await texts(store), expected);
      t.same(await texts(store, { limit: 2 }), ['a249', 'q2']);
      await transfer.tick();
      t.equal((await countRows(sessions)).messages, 252);
    },
  );

  await t.test('many move the same rows while they are written and read: nothing is lost, nothing comes twice (X2)', async (t) => {
    const { temps, runs, sessions } = await open(t);
    const { store, transfer } = openSeparateStore(t, runs, sessions);
    const rival = openSeparateStore(t, await temps.runs.open(), await temps.sessions.open());
    let task = await takeNow(store, (await acceptNew(store, { contextId: 'c1', text: 'q1' })).id);
    const expected = ['q1'];
    let isWriting = true;
    const moving = [transfer, rival.transfer].map(async (mover) => {
      while (isWriting) {
        await mover.tick();
        await immediate();
      }
    });
    const reading = (async () => {
      let seen = 0;
      while (isWriting) {
        const all = await texts(rival.store);
        if (all.length < seen || all.some((text, index) => text !== (index === 0 ? 'q1' : `a${index}`))) throw new Error(all.join());
        seen = all.length;
        await immediate();
      }
    })();
    for (let index = 1; index <= 40; index++) {
      const outcome = await store.commit(sampleCommit(task, 'TASK_STATE_WORKING', { messages: [sampleMessage(`a${index}`)] }));
      if (outcome.type !== 'committed') throw new Error(outcome.type);
      task = outcome.task;
      expected.push(`a${index}`);
    }
    isWriting = false;
    await t.resolves(Promise.all([...moving, reading]));
    await transfer.tick();
    t.same(await texts(store), expected);
    t.same([(await countRows(runs)).messages, (await countRows(sessions)).messages], [0, 41]);
  });

  await t.test('rollback takes what was said out of both, whatever was moved before and after', async (t) => {
    const { runs, sessions } = await open(t);
    const { store, transfer } = openSeparateStore(t, runs, sessions);
    await store.commit(
      sampleCommit(await takeNow(store, (await acceptNew(store, { contextId: 'c1', text: 'q1' })).id), 'TASK_STATE_COMPLETED', {
        messages: [sampleMessage('a1')],
      }),
    );
    const given = await takeNow(store, (await acceptNew(store, { contextId: 'c1', text: 'q2' })).id);
    await transfer.tick();
    await store.commit(sampleCommit(given, 'TASK_STATE_WORKING', { messages: [sampleMessage('half')] }));
    t.same(await texts(store), ['q1', 'a1', 'q2', 'half']);
    await store.accept(sampleAccept({ contextId: 'c1', text: 'q3', doubleTexting: 'rollback' }));
    const check = async (when: string) => {
      t.same(await texts(store), ['q1', 'a1', 'q3'], when);
      t.same(await texts(store, { limit: 2 }), ['a1', 'q3'], when);
    };
    await check('one message moved, one not, the mark not');
    const disarm = armFaultPoint('session-transfer.after-insert', () => {
      throw new Error('stopped');
    });
    await t.rejects(transfer.tick(), /stopped/);
    disarm();
    await check('both messages in both');
    await transfer.tick();
    await check('all moved');
    t.same(
      [await countRows(runs), await countRows(sessions)],
      [
        { messages: 0, rolledBack: 0 },
        { messages: 5, rolledBack: 1 },
      ],
    );
  });

  await t.test('that a run left its session moves behind what it said, not before (X3)', async (t) => {
    const { runs, sessions } = await open(t);
    const { store, transfer } = openSeparateStore(t, runs, sessions);
    await acceptNew(store, { contextId: 'c1', text: 'q1' });
    await store.accept(sampleAccept({ contextId: 'c1', text: 'q2', doubleTexting: 'rollback' }));
    const disarm = armFaultPoint('session-transfer.after-insert', async () => {
      t.same(
        [await countRows(runs), await countRows(sessions)],
        [
          { messages: 2, rolledBack: 1 },
          { messages: 2, rolledBack: 0 },
        ],
      );
      t.same(await texts(store), ['q2']);
    });
    await transfer.tick();
    disarm();
    t.same(await countRows(sessions), { messages: 2, rolledBack: 1 });
    t.same(await texts(store), ['q2']);
  });

  await t.test('a message that is refused there holds up no other, and its run stays out of the session (X3, X5)', async (t) => {
    const { runs, sessions } = await open(t);
    let isRefusing = true;
    const choosy: Database = {
      ...sessions,
      transact: (program) =>
        sessions.transact(function* () {
          const statements = program();
          let step = statements.next();
          while (!step.done) {
            if (isRefusing && /poison/.test(JSON.stringify(step.value.parameters))) throw new Error('refused');
            step = statements.next(yield step.value);
          }
          return step.value;
        }),
    };
    const { store, transfer } = openSeparateStore(t, runs, choosy);
    const first = await takeNow(store, (await acceptNew(store, { contextId: 'c1', text: 'q1' })).id);
    await transfer.tick();
    await store.commit(sampleCommit(first, 'TASK_STATE_WORKING', { messages: [sampleMessage('poison')] }));
    await store.accept(sampleAccept({ contextId: 'c1', text: 'q2', doubleTexting: 'rollback' }));
    await acceptNew(store, { contextId: 'c2', text: 'other' });
    for (let tick = 0; tick < 2; tick++) {
      await transfer.tick();
      t.same(
        [await countRows(runs), await countRows(sessions)],
        [
          { messages: 1, rolledBack: 1 },
          { messages: 3, rolledBack: 0 },
        ],
        'the mark stays with what it marks',
      );
      t.same(await texts(store), ['q2'], 'nobody reads what was said in a run that was rolled back');
    }
    isRefusing = false;
    await transfer.tick();
    t.same(await countRows(sessions), { messages: 4, rolledBack: 1 });
    t.same(await texts(store), ['q2']);
  });

  await t.test('a move under way while retention clears the session leaves nothing of it (X6)', async (t) => {
    const { runs, sessions } = await open(t);
    const at = Date.now() - 100_000;
    let store: TaskStore & { deleteSessions(before: number, limit: number): Promise<number> };
    let isClearing = true;
    const late: Database = {
      ...sessions,
      async transact(program) {
        if (isClearing) {
          isClearing = false;
          t.equal(await store.deleteSessions(Date.now() - 50_000, 10), 1);
        }
        return sessions.transact(program);
      },
    };
    const { transfer } = openSeparateStore(t, runs, late);
    store = openSeparateStore(t, runs, sessions).store;
    const task = await takeNow(store, (await acceptNew(store, { contextId: 'c1', text: 'q1', at })).id);
    await store.commit(sampleCommit(task, 'TASK_STATE_COMPLETED', { messages: [sampleMessage('a1')], at }));
    await transfer.tick();
    t.equal((await countRows(runs)).messages, 0);
    await store.deleteSessions(0, 10);
    t.equal((await countRows(sessions)).messages, 0, 'cleared once more');
  });

  await t.test('a session that retention deletes goes from both, its rolled back runs with it (SES-06)', async (t) => {
    const { runs, sessions } = await open(t);
    const { store, transfer } = openSeparateStore(t, runs, sessions);
    const at = Date.now() - 100_000;
    await acceptNew(store, { contextId: 'c1', text: 'q1', at });
    const last = await store.accept(sampleAccept({ contextId: 'c1', text: 'q2', doubleTexting: 'rollback', at }));
    await transfer.tick();
    if (!('task' in last)) throw new Error(last.type);
    await store.commit(sampleCommit(await takeNow(store, last.task.id), 'TASK_STATE_COMPLETED', { messages: [sampleMessage('a2')], at }));
    await acceptNew(store, { contextId: 'c2', text: 'kept' });
    t.same(
      [await countRows(runs), await countRows(sessions)],
      [
        { messages: 2, rolledBack: 0 },
        { messages: 2, rolledBack: 1 },
      ],
    );
    t.equal(await store.deleteSessions(Date.now() - 50_000, 10), 1);
    t.same(
      [await countRows(runs), await countRows(sessions)],
      [
        { messages: 1, rolledBack: 0 },
        { messages: 0, rolledBack: 0 },
      ],
    );
    t.same(await texts(store), []);
  });

  await t.test('two names of one database are found out, two databases are told apart', async (t) => {
    const { temps, runs, sessions } = await open(t);
    t.equal(await isSameDatabase(runs, await temps.runs.open(), systemClock), true);
    t.equal(await isSameDatabase(runs, sessions, systemClock), false);
    t.same(await select(runs, 'SELECT version FROM config_versions'), [], 'nothing is left of the question');
  });
}

/** Two turns; the second is asked and waits. */
async function converse(store: TaskStore): Promise<TaskRecord> {
  const first = await takeNow(store, (await acceptNew(store, { contextId: 'c1', text: 'q1' })).id);
  await store.commit(sampleCommit(first, 'TASK_STATE_COMPLETED', { messages: ['a1', 'a2', 'a3'].map((text) => sampleMessage(text)) }));
  return await acceptNew(store, { contextId: 'c1', text: 'q2' });
}

async function texts(store: TaskStore, range?: SessionRange): Promise<readonly string[]> {
  const messages = await store.sessionMessages(KEY, range);
  return messages.map(({ parts: [part] }) => (part?.type === 'text' ? part.text : ''));
}

async function readAllWays(store: TaskStore, task: TaskRecord): Promise<readonly (readonly string[])[]> {
  return [
    await texts(store),
    await texts(store, { limit: 2 }),
    await texts(store, { upToTurn: task.turn - 1 }),
    await texts(store, { upToTurn: task.turn - 1, limit: 1 }),
  ];
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await immediate();
}
