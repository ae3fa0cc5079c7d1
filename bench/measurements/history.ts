/** One long run on SQLite: what its steps write, how long they take, and how long a new worker needs to go on with it, early and late (R8). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { measureHistory } from '../../test/support/measure-history.js';
import { sqliteSettings } from '../../test/support/temp-database.js';
import { type Line, type Measurement, readCount } from '../frame/measurement.js';

const METHOD =
  'One run of 1,000 model calls (--calls) with a tool call each, over a growing chat. No warm-up and one repeat: the early steps are what the late ones are compared with.';

export const history: Measurement = {
  name: 'history',
  budgetSeconds: { full: 20, quick: 5 },
  rows: [
    { name: 'late-step', question: 'What does a step cost late in a long run?', method: METHOD, unit: 'CPU ms', better: 'lower' },
    {
      name: 'late-resume',
      question: 'How long does a new worker need from its start to its model call?',
      method: `${METHOD} Each the median of several.`,
      unit: 'ms',
      better: 'lower',
    },
  ],
  async measure(run) {
    const modelCalls = readCount(run, 'calls', run.isQuick ? 200 : 1_000);
    const folder = mkdtempSync(path.join(tmpdir(), 'hector-bench-history-'));
    try {
      const { samples, resumes } = await measureHistory({
        settings: sqliteSettings(path.join(folder, 'hector.db')),
        modelCalls,
        samples: [10, 100, 500, 999].filter((step) => step < modelCalls),
        resumeBehind: [9, modelCalls - 2],
      });
      const steps = samples.map(
        (sample, index): Line => ({
          row: 'late-step',
          target: `step ${sample.step}`,
          repeats: [sample.cpuMs],
          comparedWith: index === 0 ? undefined : `step ${samples[0]?.step}`,
          also: {
            ms: sample.ms,
            'bytes of rows': sample.rowBytes,
            'over its own': sample.rowBytes / sample.ownBytes,
            'bytes written': sample.writtenBytes,
          },
        }),
      );
      const resumed = resumes.map(
        ({ behind, ms, cpuMs }, index): Line => ({
          row: 'late-resume',
          target: `behind step ${behind}`,
          repeats: [ms],
          comparedWith: index === 0 ? undefined : `behind step ${resumes[0]?.behind}`,
          also: { 'CPU ms': cpuMs },
        }),
      );
      return [...steps, ...resumed];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
