/** A run's cost does not grow with what it has behind it (R8). */
import t from 'tap';
import { measureHistory } from '../support/measure-history.js';
import { forEachDialect } from '../support/temp-database.js';

forEachDialect(t, async (t, createOpenTemp) => {
  const { settings } = await createOpenTemp(t)();
  // The rows are the same in every dialect; a server's commit takes longer.
  const modelCalls = settings.driver === 'sqlite' || process.env['HECTOR_LONG'] === '1' ? 1_000 : 200;

  await t.test(
    `a run of ${modelCalls} model calls writes the same at each step, and is resumed as quickly late as early (R8)`,
    async (t) => {
      const steps = [10, 100, 500, 999].filter((step) => step < modelCalls);
      const { samples, resumes } = await measureHistory({ settings, modelCalls, samples: steps, resumeBehind: [9, modelCalls - 2] });
      for (const { step, ownBytes, rowBytes, writtenBytes, ms, cpuMs } of samples) {
        t.comment(
          `step ${step}: own ${ownBytes} B, rows ${rowBytes} B, written ${writtenBytes} B, ${ms.toFixed(1)} ms, CPU ${cpuMs.toFixed(1)} ms`,
        );
        t.ok(rowBytes <= 2 * ownBytes, `step ${step} writes at most twice its own bytes (R8): ${(rowBytes / ownBytes).toFixed(2)}`);
      }
      const [first, last] = [samples[0], samples.at(-1)];
      t.ok((last?.rowBytes ?? 0) <= (first?.rowBytes ?? 0) * 1.1, 'the last step writes no more than the first ones');
      for (const { behind, ms, cpuMs } of resumes)
        t.comment(`resumed behind step ${behind}: ${ms.toFixed(1)} ms, CPU ${cpuMs.toFixed(1)} ms`);
      const [early = Number.NaN, late = Number.NaN] = resumes.map(({ cpuMs }) => cpuMs);
      t.ok(late - early < 200, `reading the whole history costs less than a takeover's noise: ${(late - early).toFixed(1)} ms`);
    },
  );
});
