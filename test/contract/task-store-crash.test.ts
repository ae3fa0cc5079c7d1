import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { DatabaseSettings } from '../../src/config/settings.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { sampleAccept } from '../support/run-log-samples.js';
import { forEachDialect } from '../support/temp-database.js';

/** What the log holds after a process was killed there. */
const CASES = [
  { at: 'store.accept.before', accepted: 'accepted', state: 'TASK_STATE_SUBMITTED', events: 1 },
  { at: 'store.accept.after', accepted: 'duplicate', state: 'TASK_STATE_SUBMITTED', events: 1 },
  { at: 'store.take.after', accepted: 'duplicate', state: 'TASK_STATE_WORKING', events: 2 },
  { at: 'store.commit.before', accepted: 'duplicate', state: 'TASK_STATE_WORKING', events: 2 },
  { at: 'store.commit.after', accepted: 'duplicate', state: 'TASK_STATE_COMPLETED', events: 3 },
] as const;

forEachDialect(t, async (t, createOpenTemp) => {
  await t.test('a process killed beside a write leaves all of it or nothing (R1, R2)', async (t) => {
    const temp = await createOpenTemp(t)();
    const store = new SqlTaskStore(await temp.open());
    for (const { at, accepted, state, events } of CASES) {
      t.equal(await dieAt(temp.settings, at), 'SIGKILL', at);
      const outcome = await store.accept(sampleAccept({ messageId: at, contextId: at }));
      t.match(outcome, { type: accepted, task: { state, seq: events } }, at);
      if ('task' in outcome) t.equal((await store.events(outcome.task.id, 0)).length, events, at);
      t.equal((await store.sessionMessages({ agent: 'helper', owner: 'ada', contextId: at })).length, 1, at);
    }
  });
});

async function dieAt(settings: DatabaseSettings, point: string): Promise<NodeJS.Signals | null> {
  const program = fileURLToPath(new URL('./task-store-crash.js', import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(settings), `${point}=kill`, point], { stdio: 'inherit', timeout: 30_000 });
  const [, signal] = await once(child, 'exit');
  return signal as NodeJS.Signals | null;
}
