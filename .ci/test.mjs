// `npm test [-- <check | area | folder | test file>…]`: set-up, checks, every area of tests, one report.
// Runs everything before it fails. The last line is "N passed, N failed" or "N passed, N failed, N skipped".
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand, SetupError } from './run-command.mjs';
import { ROOT, setUp } from './setup.mjs';
import { needsServers, planTests } from './tests/plan-tests.mjs';
import { countOutcomes, describeCounts, failAbsences, printReport } from './tests/report.mjs';
import { useMemoryForTemporaryFiles } from './tests/temp-folder.mjs';

const REPORT_FOLDER = join(ROOT, 'dist/test-report');
const SERVERS_RIG = join(ROOT, 'dist/test/support/run-with-servers.js');
const IS_CI = !['', '0', 'false'].includes(process.env.CI ?? '');

const startedAt = Date.now();
const picks = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const withServers = !process.argv.includes('--no-servers');
const results = [];
try {
  await runEverything();
} catch (error) {
  results.push(oneTest('set-up', [{ name: error instanceof SetupError ? error.message : error.stack }]));
}
if (IS_CI) failAbsences(results);
printReport(results);
const counts = countOutcomes(results);
if (counts.passed + counts.failed === 0) {
  console.log('no test ran');
  counts.failed = 1;
}
console.log(`\n${((Date.now() - startedAt) / 1000).toFixed(1)} s; full output in dist/test-report/`);
console.log(describeCounts(counts));
process.exitCode = counts.failed === 0 ? 0 : 1;

async function runEverything() {
  const { checks, areas, strays } = planTests(ROOT, picks);
  const wantServers = withServers && needsServers(areas);
  if (strays.length > 0) results.push(oneTest('layout', [{ name: `in no area, so it would never run: ${strays.join(', ')}` }]));
  const { built, missing } = await setUp({ servers: ['redis', ...(wantServers ? listServers() : [])] });
  if (IS_CI && missing.length > 0) {
    results.push(
      oneTest(
        'servers',
        missing.map(({ title, command }) => ({ name: `${title} is missing: ${command}` })),
      ),
    );
  }
  if (checks.includes('types') || !built.ok) report('types', built.ok ? [] : [{ name: built.output.trim() }]);
  if (checks.includes('lint')) report('lint', await lint());
  if (areas.length > 0) {
    const disposeOfTemporaryFiles = useMemoryForTemporaryFiles();
    process.once('exit', disposeOfTemporaryFiles);
    results.push(...(await runAreas(areas, wantServers)));
  }
}

/** A server named by the environment need not be on this machine. */
function listServers() {
  const { HECTOR_TEST_POSTGRES_URL: postgres, HECTOR_TEST_MYSQL_URL: mysql } = process.env;
  return [...(postgres ? [] : ['postgres']), ...(mysql ? [] : ['mariadb']), 'etcd'];
}

function report(name, problems) {
  results.push(oneTest(name, problems));
  console.log(`${name.padEnd(9)} ${' '.repeat(9)}  ${problems.length === 0 ? '1 passed' : '1 FAILED'}`);
}

function oneTest(name, problems) {
  return { area: name, tests: [{ file: '', name, outcome: problems.length === 0 ? 'passed' : 'failed', problems }] };
}

async function lint() {
  const { code, output } = await runCommand(join(ROOT, 'node_modules/.bin/biome'), ['check', '--colors=off', '--max-diagnostics=8', '.'], {
    cwd: ROOT,
  });
  return code === 0 ? [] : [{ name: `${output.trim()}\n(npm run format mends what can be mended)` }];
}

async function runAreas(areas, wantServers) {
  rmSync(REPORT_FOLDER, { recursive: true, force: true });
  mkdirSync(REPORT_FOLDER, { recursive: true });
  writeFileSync(join(REPORT_FOLDER, 'plan.json'), JSON.stringify(areas));
  const resultsPath = join(REPORT_FOLDER, 'results.json');
  const runner = [join(ROOT, '.ci/tests/run-areas.mjs'), ROOT];
  const problems = [];
  let interrupted = false;
  const run = async (args, what) => {
    const ended = await runCommand(process.execPath, args, { cwd: ROOT, live: true });
    interrupted = ended.interrupted;
    // The runner itself ends with 0 also when tests fail.
    if (ended.code !== 0) problems.push({ name: `${what} ended with code ${ended.code}` });
  };
  if (wantServers && existsSync(SERVERS_RIG))
    await run([SERVERS_RIG, '--', process.execPath, ...runner], 'the rig that starts database servers');
  if (!existsSync(resultsPath) && !interrupted) await run(runner, 'the test runner');
  const ran = existsSync(resultsPath) ? JSON.parse(readFileSync(resultsPath, 'utf8')) : [];
  if (problems.length > 0) ran.push(oneTest('test run', problems));
  return ran;
}
