/** Three processes that share a database and a Redis, killed and stopped at random: nothing is lost, nothing happens twice (R1–R5, R7, R9–R11). */
import t from 'tap';
import { runChaos } from '../support/chaos/run-chaos.js';
import { chooseSeed, isLongForm } from '../support/long-form.js';
import { createSqlite, forEachDialect } from '../support/temp-database.js';

if (isLongForm) {
  forEachDialect(t, (t, createOpenTemp) => {
    void t.test('1,000 runs of 8 steps, a process killed or stopped every 2 s (R1–R11)', { timeout: 600_000 }, async (t) => {
      const { settings } = await createOpenTemp(t)();
      const seed = chooseSeed(4_712);
      await runChaos(t, {
        ...{ database: settings, runs: 1_000, runsPerSecond: 10, disturbEveryMs: 2_000, redisAfter: [12, 30] },
        ...{ seed, limitMs: 400_000 },
      });
    });
  });
} else {
  t.test('80 runs of 8 steps, a process killed or stopped every second (R1–R11)', { timeout: 200_000 }, async (t) => {
    const { settings } = await createSqlite(t);
    await runChaos(t, {
      ...{ database: settings, runs: 80, runsPerSecond: 8, disturbEveryMs: 1_000, disturbances: 12, redisAfter: [3, 7] },
      ...{ seed: chooseSeed(4_712), limitMs: 150_000 },
    });
  });
}
