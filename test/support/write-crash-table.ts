/** `npm run crash-table`: kills a process at each place on SQLite and writes what came of it into `src/steps/crash-points.md`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, readProjectFiles } from '../gates/project.js';
import { openCrashBench, runKilled, traceScenario } from './crash-cases.js';
import { CRASH_SCENARIOS } from './crash-scenarios.js';
import { CRASH_TABLE_FILE, type ObservedScenario, renderCrashTable, replaceCrashTable } from './crash-table.js';
import { startEffectServer } from './effect-server.js';
import { listObservedPoints, observeFaultPoints } from './observe-fault-points.js';
import { sqliteSettings } from './temp-database.js';

const folder = mkdtempSync(join(tmpdir(), 'hector-crash-table-'));
const outside = await startEffectServer();
const disarm = observeFaultPoints(listObservedPoints(readProjectFiles(/^src\/.*\.ts$/)));
try {
  const bench = await openCrashBench(sqliteSettings(join(folder, 'hector.db')), outside);
  const observed: ObservedScenario[] = [];
  for (const scenario of CRASH_SCENARIOS) {
    const trace = await traceScenario(bench, scenario);
    const outcomes = [];
    for (const place of trace.places) outcomes.push((await runKilled(bench, scenario, place)).outcome);
    observed.push({ scenario, trace, outcomes });
  }
  await bench.database.close();
  const path = join(ROOT, CRASH_TABLE_FILE);
  writeFileSync(path, replaceCrashTable(readFileSync(path, 'utf8'), renderCrashTable(observed)));
} finally {
  disarm();
  await outside.close();
  rmSync(folder, { recursive: true, force: true });
}
