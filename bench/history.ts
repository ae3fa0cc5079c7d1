/**
 * `npm run bench:history [-- --calls 1000]`: one long run on SQLite; what its steps write, how long they take, and how long a new
 * worker needs to go on with it, early and late (R8).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { measureHistory } from '../test/support/measure-history.js';
import { sqliteSettings } from '../test/support/temp-database.js';

const { values } = parseArgs({ options: { calls: { type: 'string', default: '1000' } } });
const modelCalls = Number(values.calls);
const folder = mkdtempSync(path.join(tmpdir(), 'hector-bench-history-'));
try {
  const { samples, resumes } = await measureHistory({
    settings: sqliteSettings(path.join(folder, 'hector.db')),
    modelCalls,
    samples: [10, 100, 500, 999].filter((step) => step < modelCalls),
    resumeBehind: [9, modelCalls - 2],
  });
  console.log(`history: what does a step cost, late in a run of ${modelCalls} model calls?`);
  const first = samples[0];
  for (const sample of samples) {
    const ratio = (key: 'rowBytes' | 'writtenBytes' | 'cpuMs') => `×${(sample[key] / (first?.[key] ?? Number.NaN)).toFixed(2)}`;
    console.log(
      `  step ${String(sample.step).padStart(4)}  rows ${sample.rowBytes} B (${ratio('rowBytes')}, ${(sample.rowBytes / sample.ownBytes).toFixed(2)} of its own)`,
      ` written ${sample.writtenBytes} B (${ratio('writtenBytes')})  ${sample.ms.toFixed(2)} ms, CPU ${sample.cpuMs.toFixed(2)} ms (${ratio('cpuMs')})`,
    );
  }
  const [early, late] = resumes;
  for (const { behind, ms, cpuMs } of resumes)
    console.log(`  resumed behind step ${behind}: ${ms.toFixed(1)} ms, CPU ${cpuMs.toFixed(1)} ms`);
  console.log(`  late over early: ×${((late?.ms ?? Number.NaN) / (early?.ms ?? Number.NaN)).toFixed(2)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
