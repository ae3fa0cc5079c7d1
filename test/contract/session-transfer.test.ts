import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as immediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { silentLogger } from '../../src/observe/log.js';
import { openDatabase } from '../../src/storage/sql/database.js';
import { acceptNew, sampleCommit, sampleMessage, takeNow } from '../support/run-log-samples.js';
import { countRows, openSeparateStore } from '../support/separate-sessions.js';
import { startSilentProxy } from '../support/silent-proxy.js';
import { createSteeredClock } from '../support/steered-clock.js';
import { createSqlite, forEachDialect, forEachServer, type TempDatabase } from '../support/temp-database.js';
import { type OpenPair, sessionTransferSuite } from './session-transfer.js';

const KEY = { agent: 'helper', owner: 'ada', contextId: 'c1' };

forEachDialect(t, async (t, createOpenTemp) => {
  const openPair: OpenPair = async (t) => {
    const openTemp = createOpenTemp(t);
    return { runs: await openTemp(), sessions: await openTemp() };
  };
  await sessionTransferSuite(t, openPair);
  await crashTest(t, openPair);
});

forEachServer(t, async (t, createOpenTemp) => {
  await t.test('with runs in SQLite', async (t) => {
    const openPair: OpenPair = async (t) => ({ runs: await createSqlite(t), sessions: await createOpenTemp(t)() });
    await sessionTransferSuite(t, openPair);
    await crashTest(t, openPair);
    await outageTest(t, openPair);
  });
});

async function crashTest(t: Test, openPair: OpenPair): Promise<void> {
  await t.test(
    'a process killed between insert and delete leaves each message once to readers, and the keeper tidies up (X1)',
    async (t) => {
      const temps = await openPair(t);
      const [runs, sessions] = [await temps.runs.open(), await temps.sessions.open()];
      const { store, transfer } = openSeparateStore(t, runs, sessions);
      const task = await takeNow(store, (await acceptNew(store, { contextId: 'c1', text: 'q1' })).id);
      await store.commit(sampleCommit(task, 'TASK_STATE_COMPLETED', { messages: [sampleMessage('a1'), sampleMessage('a2')] }));
      const before = await store.sessionMessages(KEY);
      t.equal(before.length, 3);
      t.equal(await dieMoving(temps), 'SIGKILL');
      t.same([(await countRows(runs)).messages, (await countRows(sessions)).messages], [3, 3]);
      t.same(await store.sessionMessages(KEY), before);
      t.same(await store.sessionMessages(KEY, { limit: 2 }), before.slice(1));
      await transfer.tick();
      t.same([(await countRows(runs)).messages, (await countRows(sessions)).messages], [0, 3]);
      t.same(await store.sessionMessages(KEY), before);
    },
  );
}

async function dieMoving({ runs, sessions }: { runs: TempDatabase; sessions: TempDatabase }): Promise<NodeJS.Signals | null> {
  const program = fileURLToPath(new URL('./session-transfer-crash.js', import.meta.url));
  const settings = JSON.stringify([runs.settings, sessions.settings]);
  const child = spawn(process.execPath, [program, settings, 'session-transfer.after-insert=kill'], { stdio: 'inherit', timeout: 30_000 });
  const [, signal] = await once(child, 'exit');
  return signal as NodeJS.Signals | null;
}

async function outageTest(t: Test, openPair: OpenPair): Promise<void> {
  await t.test(
    'while the sessions database is silent runs commit, readers fail for now, no take is used up; then all is moved',
    async (t) => {
      const temps = await openPair(t);
      const proxy = await startSilentProxy(t, temps.sessions.settings);
      const through = { ...temps.sessions.settings, host: '127.0.0.1', port: proxy.port, queryTimeoutMs: 1_000 };
      const runs = await temps.runs.open();
      const sessions = await openDatabase(through, { name: 'test', log: silentLogger, clock: systemClock });
      t.teardown(() => sessions.close());
      const clock = createSteeredClock();
      const { store } = openSeparateStore(t, runs, sessions, clock);
      const task = await takeNow(store, (await acceptNew(store, { contextId: 'c1', text: 'q1' })).id);
      proxy.fallSilent();
      const outcome = await store.commit(sampleCommit(task, 'TASK_STATE_COMPLETED', { messages: [sampleMessage('a1')] }));
      t.equal(outcome.type, 'committed');
      const second = await acceptNew(store, { contextId: 'c1', text: 'q2' });
      const away = { code: 'DATABASE_UNAVAILABLE', disposition: 'retry' };
      await t.rejects(store.sessionMessages(KEY), away, 'no answer is better than half a session');
      await t.rejects(store.take(second.id, Date.now()), away);
      t.match(await store.find(second.id, undefined), { takes: 0, epoch: 0 });
      await clock.advance(100);
      await clock.untilPending();
      t.equal((await countRows(runs)).messages, 3);
      proxy.speak();
      await clock.advance(20_000);
      while ((await countRows(runs)).messages > 0) await immediate();
      t.equal((await store.sessionMessages(KEY)).length, 3);
      t.match(await store.take(second.id, Date.now()), { type: 'taken' });
    },
  );
}
