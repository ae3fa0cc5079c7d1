import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { select } from '../support/query-database.js';
import { forEachDialect } from '../support/temp-database.js';
import type { RunSpan } from './task-store-rival.js';

const ROUNDS = 40;

forEachDialect(t, async (t, createOpenTemp) => {
  await t.test('three processes write one database: each message once, no gap in any log (R2, R4, R11, SES-09, W-92)', async (t) => {
    const temp = await createOpenTemp(t)();
    const rival = fileURLToPath(new URL('./task-store-rival.js', import.meta.url));
    const run = async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [rival, JSON.stringify(temp.settings), String(ROUNDS)], {
        timeout: 60_000,
      });
      return JSON.parse(stdout) as { accepted: number; committed: number; begun: number; spans: RunSpan[] };
    };
    const counts = await Promise.all([run(), run(), run()]);
    t.ok(
      counts.some(({ begun }) => begun > 0),
      'some are begun where they were accepted',
    );
    const spans = counts.flatMap((count) => count.spans).sort((one, other) => one.takenAt - other.takenAt);
    t.same(
      spans.flatMap((span, index) => spans.slice(index + 1).filter((later) => isTooEarly(later, span))),
      [],
      'no two runs of a session at once, and in their order, whoever began them',
    );
    const database = await temp.open();
    const store = new SqlTaskStore(database);
    const tasks = await select(database, 'SELECT id, seq, state FROM tasks');
    t.equal(
      counts.reduce((sum, count) => sum + count.accepted, 0),
      ROUNDS,
    );
    t.equal(tasks.length, ROUNDS);
    t.equal(
      counts.reduce((sum, count) => sum + count.committed, 0),
      ROUNDS,
      'each run is ended by one process',
    );
    for (const task of tasks) {
      t.equal(task['state'], 'TASK_STATE_COMPLETED');
      const events = await store.events(String(task['id']), 0);
      t.same(
        events.map((event) => event.seq),
        [1, 2, 3, 4],
      );
    }
    const positions = await select(database, 'SELECT session_id, position FROM session_messages');
    t.equal(positions.length, 3 * ROUNDS);
    for (const session of await select(database, 'SELECT session_id, last_position FROM sessions')) {
      t.equal(positions.filter((row) => row['session_id'] === session['session_id']).length, session['last_position']);
    }
  });
});

function isTooEarly(later: RunSpan, before: RunSpan): boolean {
  return later.contextId === before.contextId && (later.takenAt < before.endedAt || later.turn <= before.turn);
}
