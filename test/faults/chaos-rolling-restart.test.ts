/** A deploy under load: every process is restarted by SIGTERM, and no caller notices (R1, R4, R10–R12). */
import t from 'tap';
import { runRollingRestart } from '../support/chaos/rolling-restart.js';
import { isLongForm } from '../support/long-form.js';
import { createSqlite, forEachDialect } from '../support/temp-database.js';

if (isLongForm) {
  forEachDialect(t, (t, createOpenTemp) => {
    void t.test('under 100 tasks a second and 500 open streams (R1, R4, R10–R12)', { timeout: 300_000 }, async (t) => {
      const { settings } = await createOpenTemp(t)();
      await runRollingRestart(t, { database: settings, tasksPerSecond: 100, streams: 500, pieceMs: 400, pauseMs: 2_000, limitMs: 200_000 });
    });
  });
} else {
  // A load that leaves room for what runs beside it: the point here is the order of things, not the load.
  t.test('under 10 tasks a second and 15 open streams (R1, R4, R10–R12)', { timeout: 200_000 }, async (t) => {
    const { settings } = await createSqlite(t);
    await runRollingRestart(t, { database: settings, tasksPerSecond: 10, streams: 15, pieceMs: 150, pauseMs: 200, limitMs: 180_000 });
  });
}
