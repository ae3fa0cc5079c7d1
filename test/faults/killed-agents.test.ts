/** A sequence of agents with tools, agents as tools, a parallel and a loop, on three processes that are killed at random (AGT-23, AGT-30…32, R1–R5, R7). */
import t from 'tap';
import { runFlowKills } from '../support/chaos/run-flow-kills.js';
import { chooseSeed, isLongForm } from '../support/long-form.js';
import { createSqlite, forEachDialect } from '../support/temp-database.js';

if (isLongForm) {
  forEachDialect(t, (t, createOpenTemp) => {
    void t.test('200 kills: the same answer each time, and no once effect repeated (R7)', { timeout: 600_000 }, async (t) => {
      const { settings } = await createOpenTemp(t)();
      await runFlowKills(t, { database: settings, kills: 200, everyMs: 900, lanes: 6, seed: chooseSeed(4_711), limitMs: 560_000 });
    });
  });
} else {
  t.test('6 kills: the same answer each time, and no once effect repeated (R7)', { timeout: 90_000 }, async (t) => {
    const { settings } = await createSqlite(t);
    await runFlowKills(t, { database: settings, kills: 6, everyMs: 600, lanes: 3, seed: chooseSeed(4_711), limitMs: 80_000 });
  });
}
