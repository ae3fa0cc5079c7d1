// `npm run test:chaos [-- simulator | chaos | agents | rolling | clients | connections | outage …]`: the long forms of the tests that try to break runs, one after the
// other on a quiet machine. Prints what was measured as a table; the last line is "N passed, N failed" or "… , N skipped".
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './run-command.mjs';
import { ROOT, setUp } from './setup.mjs';
import { runLongForm } from './tests/long-forms.mjs';
import { countOutcomes, describeCounts, failAbsences, printReport } from './tests/report.mjs';

const RIG = join(ROOT, 'dist/test/support/run-with-servers.js');

/** A form whose file does not exist is a failure: nothing must drop out unseen. */
const FORMS = [
  { name: 'simulator', program: ['dist/test/simulator/main.js', '--histories', '100000'], timeoutSeconds: 3_600 },
  { name: 'chaos', file: 'dist/test/faults/chaos-processes.test.js', timeoutSeconds: 1_800 },
  { name: 'agents', file: 'dist/test/faults/killed-agents.test.js', timeoutSeconds: 1_800 },
  { name: 'rolling', file: 'dist/test/faults/chaos-rolling-restart.test.js', timeoutSeconds: 900 },
  { name: 'messages', file: 'dist/test/faults/two-processes.test.js', timeoutSeconds: 300 },
  { name: 'clients', file: 'dist/test/faults/client-logs.test.js', timeoutSeconds: 1_800 },
  { name: 'connections', file: 'dist/test/faults/hostile-connections.test.js', timeoutSeconds: 300 },
  { name: 'outage', file: 'dist/test/faults/redis-outage.test.js', timeoutSeconds: 900 },
];

process.exitCode = await main(process.argv.slice(2));

async function main(picks) {
  const startedAt = Date.now();
  const results = [];
  const figures = [];
  try {
    await setUpEverything();
    for (const form of pickForms(picks)) {
      console.log(`${form.name} …`);
      const result = await runLongForm(ROOT, RIG, form);
      results.push({ area: form.name, tests: result.tests });
      figures.push(...result.figures);
      console.log(`${form.name}: ${describeCounts(countOutcomes([result]))} in ${result.seconds.toFixed(0)} s`);
    }
  } catch (error) {
    const name = error instanceof SetupError ? error.message : error.stack;
    results.push({ area: 'set-up', tests: [{ file: '', name: 'set-up', outcome: 'failed', problems: [{ name }] }] });
  }
  if (!['', '0', 'false'].includes(process.env.CI ?? '')) failAbsences(results);
  printReport(results);
  printFigures(figures);
  const counts = countOutcomes(results);
  console.log(`\n${((Date.now() - startedAt) / 1000).toFixed(1)} s; full output in dist/test-report/`);
  console.log(describeCounts(counts));
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}

async function setUpEverything() {
  const { built } = await setUp({ servers: ['redis', 'postgres', 'mariadb'] });
  if (!built.ok) throw new SetupError(`the sources do not compile:\n${built.output}`);
}

function pickForms(picks) {
  const names = FORMS.map(({ name }) => name);
  for (const pick of picks) if (!names.includes(pick)) throw new SetupError(`"${pick}" is no long form; there are ${names.join(', ')}`);
  const picked = FORMS.filter(({ name }) => picks.length === 0 || picks.includes(name));
  for (const { name, program, file } of picked) {
    const path = file ?? program[0];
    if (!existsSync(join(ROOT, path))) throw new SetupError(`the long form "${name}" needs ${path}, which does not exist`);
  }
  return picked;
}

function printFigures(figures) {
  if (figures.length === 0) return;
  const width = Math.max(...figures.map(({ name }) => name.length));
  console.log('');
  for (const { name, value } of figures) console.log(`${name.padEnd(width)}  ${value}`);
}
