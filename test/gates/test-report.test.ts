import { spawnSync } from 'node:child_process';
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
  readonly tests: TestResult[];
}

/** The scripts of `.ci/` are plain JavaScript, so that they run before anything is installed. */
const importScript = async <T>(path: string) => (await import(pathToFileURL(join(ROOT, '.ci', path)).href)) as T;
const { readTap } = await importScript<{ readTap(input: Iterable<string>): Promise<{ files: number; tests: TestResult[] }> }>(
  'tests/read-tap.mjs',
);
const report = await importScript<{
  countOutcomes(results: AreaResult[]): { passed: number; failed: number; skipped: number };
  describeCounts(counts: { passed: number; failed: number; skipped: number }): string;
  failAbsences(results: AreaResult[]): void;
}>('tests/report.mjs');
const { removeStaleOutput } = await importScript<{ removeStaleOutput(root: string, sources: string[]): boolean }>('setup/build.mjs');
const { checkNode } = await importScript<{ checkNode(version: string): void }>('setup.mjs');

/** Runs real test files under the real runner and reads what it printed. */
async function runTests(t: { teardown(fn: () => void): void }, files: Readonly<Record<string, string>>): Promise<TestResult[]> {
  // Inside the project, so that the files find tap; in `dist/`, so that nobody tracks them.
  const parent = join(ROOT, 'dist/test-report-probe');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'run-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const [name, body] of Object.entries(files)) writeFileSync(join(folder, name), `import t from 'tap';\n${body}\n`);
  const tap = join(ROOT, 'node_modules/.bin/tap');
  const args = [
    '--disable-coverage',
    '--allow-empty-coverage',
    '--reporter=tap',
    '--timeout=3',
    ...Object.keys(files).map((name) => join(folder, name)),
  ];
  const { stdout } = spawnSync(tap, args, { cwd: ROOT, encoding: 'utf8', timeout: 60_000 });
  const { tests } = await readTap([stdout]);
  return tests;
}

const summarize = (tests: TestResult[]) => tests.map(({ name, outcome }) => `${outcome}: ${name}`);

t.test('passing, failing, skipped and nested tests are told apart', async (t) => {
  const tests = await runTests(t, {
    'a.test.js': `
      t.test('it holds', async (t) => t.equal(1, 1));
      t.test('it breaks', async (t) => t.equal(1, 2));
      t.test('it waits', { skip: 'needs PostgreSQL: apt-get install -y postgresql' }, async () => {});
      t.test('it has parts', async (t) => {
        t.test('the first part', async (t) => t.pass());
        t.test('the second part', async (t) => t.fail('broken'));
      });`,
  });
  t.same(summarize(tests), [
    'passed: it holds',
    'failed: it breaks',
    'passed: it has parts > the first part',
    'failed: it has parts > the second part',
    'skipped: it waits',
  ]);
  t.equal(tests.find(({ outcome }) => outcome === 'skipped')?.reason, 'needs PostgreSQL: apt-get install -y postgresql');
});

t.test('a crash, a timeout, a late failure and an empty file all count as failed', async (t) => {
  const tests = await runTests(t, {
    'crash.test.js': `t.test('it is fine', async (t) => t.pass()); process.exitCode = 3;`,
    'throw.test.js': `throw new Error('at import time');`,
    'hang.test.js': `t.test('it never ends', async () => { await new Promise((resolve) => setTimeout(resolve, 60_000)); });`,
    'empty.test.js': '',
    'plan.test.js': `t.test('it counts', async (t) => { t.plan(2); t.pass(); });`,
  });
  for (const file of ['crash', 'throw', 'hang', 'empty', 'plan']) {
    t.ok(
      tests.some((test) => test.file.endsWith(`${file}.test.js`) && test.outcome === 'failed'),
      `${file} failed`,
    );
  }
  t.ok(
    tests.some((test) => test.name === 'it is fine' && test.outcome === 'passed'),
    'what passed before the crash still counts',
  );
});

t.test('a bail-out and output that stops half-way are failures', async (t) => {
  const bailed = await readTap(['TAP version 14\n1..2\nok 1 - a.test.js\nBail out! no more\n']);
  t.match(bailed.tests, [{ outcome: 'failed' }]);
  const cut = await readTap(['TAP version 14\n# Subtest: a.test.js\n    # Subtest: it holds\n        ok 1 - yes\n']);
  t.ok(cut.tests.some(({ outcome }) => outcome === 'failed'));
});

t.test('the last line names skips only when there are some', async (t) => {
  t.equal(report.describeCounts({ passed: 3, failed: 0, skipped: 0 }), '3 passed, 0 failed');
  t.equal(report.describeCounts({ passed: 3, failed: 1, skipped: 2 }), '3 passed, 1 failed, 2 skipped');
});

t.test('in CI a skip for want of a server fails, another skip stays a skip', async (t) => {
  const skip = (reason: string): TestResult => ({ file: 'a', name: 'a', outcome: 'skipped', reason, problems: [] });
  const results = [{ tests: [skip('needs MariaDB: apt-get install -y mariadb-server'), skip('Linux only')] }];
  report.failAbsences(results);
  t.same(report.countOutcomes(results), { passed: 0, failed: 1, skipped: 1 });
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
