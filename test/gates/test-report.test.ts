import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { ROOT } from './project.js';

interface TestResult {
  readonly file: string;
  readonly name: string;
  outcome: string;
  readonly reason?: string;
  problems: readonly { readonly name: string }[];
}
interface AreaResult {
  readonly area?: string;
  readonly tests: TestResult[];
  readonly unsteady?: TestResult[];
}

/** The scripts of `.ci/` are plain JavaScript, so that they run before anything is installed. */
const importScript = async <T>(path: string) => (await import(pathToFileURL(join(ROOT, '.ci', path)).href)) as T;
const { readTap } = await importScript<{ readTap(text: string, file: string, failure?: string): Promise<TestResult[]> }>(
  'tests/read-tap.mjs',
);
const { runTestFile } = await importScript<{
  runTestFile(root: string, file: string, timeoutSeconds: number, graceMs: number): Promise<{ tests: TestResult[] }>;
}>('tests/run-test-file.mjs');
const report = await importScript<{
  countOutcomes(results: AreaResult[]): { passed: number; failed: number; skipped: number };
  describeCounts(counts: { passed: number; failed: number; skipped: number }): string;
  failAbsences(results: AreaResult[]): void;
}>('tests/report.mjs');
const { runAgainAlone } = await importScript<{
  runAgainAlone(
    results: AreaResult[],
    run: (area: string, file: string) => Promise<TestResult[]>,
  ): Promise<{ file: string; passed: boolean }[]>;
}>('tests/run-again-alone.mjs');
const { removeStaleOutput } = await importScript<{ removeStaleOutput(root: string, sources: string[]): boolean }>('setup/build.mjs');
const { checkNode } = await importScript<{ checkNode(version: string): void }>('setup.mjs');

/** Runs a real test file the way `npm test` does and reads its verdict. */
async function runTest(t: { teardown(fn: () => void): void }, body: string, timeoutSeconds = 30): Promise<TestResult[]> {
  // Inside the project, so that the file finds tap; in `dist/`, so that nobody tracks it.
  const parent = join(ROOT, 'dist/test-report-probe');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'run-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'probe.test.mjs');
  writeFileSync(path, `import t from 'tap';\n${body}\n`);
  return (await runTestFile(ROOT, path, timeoutSeconds, 500)).tests;
}

const summarize = (tests: TestResult[]) => tests.map(({ name, outcome }) => `${outcome}: ${name}`);

t.test('passing, failing, skipped and nested tests are told apart', async (t) => {
  const tests = await runTest(
    t,
    `
    t.test('it holds', async (t) => t.equal(1, 1));
    t.test('it breaks', async (t) => t.equal(1, 2));
    t.test('it waits', { skip: 'needs PostgreSQL: apt-get install -y postgresql' }, async () => {});
    t.test('it has parts', async (t) => {
      t.test('the first part', async (t) => t.pass());
      t.test('the second part', async (t) => t.fail('broken'));
    });`,
  );
  t.same(summarize(tests), [
    'passed: it holds',
    'failed: it breaks',
    'passed: it has parts > the first part',
    'failed: it has parts > the second part',
    'skipped: it waits',
  ]);
  t.equal(tests.find(({ outcome }) => outcome === 'skipped')?.reason, 'needs PostgreSQL: apt-get install -y postgresql');
});

const BROKEN: readonly [kind: string, body: string][] = [
  ['a crash after the tests', "t.test('it is fine', async (t) => t.pass()); process.exitCode = 3;"],
  ['an error at import time', "throw new Error('too early');"],
  ['a signal', "process.kill(process.pid, 'SIGKILL');"],
  [
    'a test that never ends',
    "t.test('it hangs', async (t) => { t.pass(); await new Promise((resolve) => setTimeout(resolve, 60_000)); });",
  ],
  ['a broken plan', "t.test('it counts', async (t) => { t.plan(2); t.pass(); });"],
  ['a file without tests', ''],
  ['a test without checks', "t.test('it checks nothing', async () => {}); t.test('it is fine', async (t) => t.pass());"],
  ['a rejection nobody handles', "t.test('it is fine', async (t) => t.pass()); void Promise.reject(new Error('lost'));"],
  ['a bail-out', "t.test('it is fine', async (t) => t.pass()); t.bailout('no more');"],
];

for (const [kind, body] of BROKEN) {
  t.test(`${kind} is a failure`, async (t) => {
    const tests = await runTest(t, body, 2);
    t.ok(
      tests.some(({ outcome }) => outcome === 'failed'),
      JSON.stringify(tests),
    );
  });
}

t.test('a process that a test leaves behind is killed and reported', async (t) => {
  const body = `
    import { spawn } from 'node:child_process';
    t.test('it is fine', async (t) => t.pass());
    spawn('sleep', ['60'], { stdio: 'inherit' }).unref();`;
  const tests = await runTest(t, body);
  t.match(tests, [{ outcome: 'passed' }, { outcome: 'failed', problems: [{ name: /left a process behind/ }] }]);
});

t.test('output that stops half-way is a failure', async (t) => {
  const tests = await readTap('TAP version 14\n# Subtest: it holds\n    ok 1 - yes\n', 'a.test.js');
  t.ok(tests.some(({ outcome }) => outcome === 'failed'));
});

t.test('the last line names skips only when there are some', async (t) => {
  t.equal(report.describeCounts({ passed: 3, failed: 0, skipped: 0 }), '3 passed, 0 failed');
  t.equal(report.describeCounts({ passed: 3, failed: 1, skipped: 2 }), '3 passed, 1 failed, 2 skipped');
});

t.test('in CI a skip for want of a server fails, another skip stays a skip', async (t) => {
  const skip = (reason: string): TestResult => ({ file: 'a', name: 'a', outcome: 'skipped', reason, problems: [] });
  const results = [
    { tests: [skip("PostgreSQL is not installed; 'apt-get install -y postgresql' brings it"), skip('needs Chromium'), skip('Linux only')] },
  ];
  report.failAbsences(results);
  t.same(report.countOutcomes(results), { passed: 0, failed: 2, skipped: 1 });
});

const made = (file: string, outcome: string): TestResult => ({ file, name: file, outcome, problems: [] });

t.test('what failed beside others and passes alone counts as passed, and its first failure stays in the report', async (t) => {
  const results: AreaResult[] = [
    { area: 'unit', tests: [made('a', 'passed'), made('b', 'failed'), made('b', 'passed')] },
    { area: 'faults', tests: [made('c', 'failed')] },
  ];
  const ran: string[] = [];
  const again = await runAgainAlone(results, async (area, file) => {
    ran.push(`${area} ${file}`);
    return [made(file, file === 'b' ? 'passed' : 'failed'), made(file, 'passed')];
  });
  t.same(ran, ['unit b', 'faults c']);
  t.same(again, [
    { file: 'b', passed: true },
    { file: 'c', passed: false },
  ]);
  t.same(report.countOutcomes(results), { passed: 3, failed: 1, skipped: 0 });
  t.same(
    results.map(({ unsteady }) => unsteady?.map(({ file, outcome }) => [file, outcome])),
    [[['b', 'unsteady']], undefined],
  );
});

t.test('neither a gate nor what breaks in many places runs again', async (t) => {
  const never = async () => t.fail('ran again') as unknown as TestResult[];
  const many = ['a', 'b', 'c', 'd'].map((file) => made(file, 'failed'));
  for (const results of [[{ area: 'gates', tests: [made('a', 'failed')] }], [{ area: 'unit', tests: many }]]) {
    t.same(await runAgainAlone(results, never), []);
    t.ok(report.countOutcomes(results).failed > 0);
  }
});

t.test('a compiled file whose source is gone is removed, a missing one is noticed', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'hector-stale-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'dist/test'), { recursive: true });
  for (const name of ['gone.test.js', 'gone.test.js.map', 'here.test.js', 'here.test.js.map'])
    writeFileSync(join(root, 'dist/test', name), '');
  t.equal(removeStaleOutput(root, ['test/here.test.ts']), true);
  t.equal(removeStaleOutput(root, ['test/here.test.ts', 'test/gone.test.ts']), false);
});

t.test('an old Node is refused with the version it would take', async (t) => {
  for (const version of ['18.20.0', '20.18.3']) t.throws(() => checkNode(version), { message: /needs Node 20\.19 or newer/ });
  for (const version of ['20.19.0', '22.0.0', '24.1.0']) checkNode(version);
});
