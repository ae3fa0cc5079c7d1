// Runs the planned test files, area by area, and writes what happened to `dist/test-report/results.json`.
// A process of its own, so that the servers the tests need can be started around it once.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runAgainAlone } from './run-again-alone.mjs';
import { killRunning, runTestFile } from './run-test-file.mjs';

/** How much of what a failed file wrote to stderr goes into the report. */
const LOG_TAIL = 3_000;

const [root] = process.argv.slice(2);
const folder = join(root, 'dist/test-report');
const plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'));
const results = [];

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    killRunning();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}

for (const area of plan) {
  const startedAt = Date.now();
  const tests = await runArea(area);
  const seconds = (Date.now() - startedAt) / 1000;
  results.push({ area: area.name, tests });
  printArea(area, tests, seconds);
}
const again = await runAgainAlone(results, (name, file) => {
  const area = plan.find((planned) => planned.name === name);
  return runFile(area, file);
});
for (const { file, passed } of again) console.log(`again, alone: ${file} ${passed ? 'passed: UNSTEADY' : 'FAILED'}`);
writeFileSync(join(folder, 'results.json'), JSON.stringify(results));

async function runArea(area) {
  const waiting = [...area.files];
  const tests = [];
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) tests.push(...(await runFile(area, file)));
  };
  await Promise.all(Array.from({ length: area.jobs }, work));
  return tests;
}

async function runFile({ name, timeoutSeconds }, file) {
  const { tap, log, tests } = await runTestFile(root, file, timeoutSeconds);
  appendFileSync(join(folder, `${name}.tap`), `# ${file}\n${tap}\n`);
  if (log !== '') appendFileSync(join(folder, `${name}.log`), `# ${file}\n${log}\n`);
  // A file that failed as a whole has told its reason to stderr, if anybody.
  for (const test of tests) if (test.outcome === 'failed' && test.name === file) test.log = log.slice(-LOG_TAIL);
  return tests;
}

function printArea({ name, files }, tests, seconds) {
  const count = (outcome) => tests.filter((test) => test.outcome === outcome).length;
  const parts = [`${count('passed')} passed`];
  if (count('failed') > 0) parts.push(`${count('failed')} FAILED`);
  if (count('skipped') > 0) parts.push(`${count('skipped')} skipped`);
  const label = `${files.length} ${files.length === 1 ? 'file' : 'files'}`;
  console.log(`${name.padEnd(9)} ${label.padStart(9)}  ${parts.join(', ').padEnd(36)} ${seconds.toFixed(1).padStart(6)} s`);
}
