/** What the bench says of its own figures: medians, ratios, what became worse, and that it keeps within its time. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import t from 'tap';
import { compareResults } from '../../bench/frame/against.js';
import { formatChart } from '../../bench/frame/chart.js';
import { formatTable } from '../../bench/frame/markdown.js';
import type { Row } from '../../bench/frame/measurement.js';
import { cpuMsOf, findPidsWith, residentMiBOf } from '../../bench/frame/process-usage.js';
import { type BenchResult, summarize } from '../../bench/frame/result.js';
import { MEASUREMENTS } from '../../bench/measurements/measurements.js';
import * as withoutSpans from '../../bench/targets/no-trace.js';
import * as withSpans from '../../src/observe/trace.js';

const ROW: Row = { name: 'send', question: 'How many?', method: 'Closed loop.', unit: '/s', better: 'higher', unitOfWork: 'request' };

function resultOf(own: readonly number[], peer: readonly number[], better: Row['better'] = 'higher'): BenchResult {
  const lines = [
    {
      row: 'send',
      target: 'hector <&>',
      repeats: own,
      comparedWith: 'peer',
      latency: { p50Ms: 1, p95Ms: 2, p99Ms: 3, maxMs: 4 },
      cpuUs: 50,
      residentMiB: 60,
    },
    { row: 'send', target: 'peer', repeats: peer },
  ];
  return {
    at: '2026-01-02T03:04:05.000Z',
    machine: { cpu: 'cpu', cores: 2, memoryGiB: 8, system: 'linux', node: 'v20', redis: '7', commit: 'abc' },
    loadPerCore: { before: 0.1, after: 1 },
    settings: { isQuick: false, repeats: 3, seconds: 3, warmUpSeconds: 1 },
    rows: summarize('compare', [{ ...ROW, better }], lines),
    failures: {},
  };
}

t.test('the program without spans, which tracing is compared with, has all that the one with them has', async (t) => {
  t.same(Object.keys(withoutSpans).sort(), Object.keys(withSpans).sort());
});

t.test('a line is the median of its repeats, with how far they differ and how it stands to its peer', async (t) => {
  const [row] = resultOf([300, 100, 200], [50, 100]).rows;
  t.match(row?.lines[0], { median: 200, spread: 1, ratio: 200 / 75 });
  t.match(row?.lines[1], { median: 75 });
  t.equal(row?.lines[1]?.ratio, undefined);
  t.throws(() => summarize('m', [ROW], [{ row: 'other', target: 'a', repeats: [1] }]), /no row 'other'/);
  t.throws(() => summarize('m', [ROW], [{ row: 'send', target: 'a', repeats: [1], comparedWith: 'b' }]), /was not measured/);
});

t.test('a ratio that falls by more than 30 % is a regression, whatever the machine does to both', async (t) => {
  const before = resultOf([200], [100]);
  t.same(compareResults(resultOf([75], [50]), before).regressions, []);
  t.match(compareResults(resultOf([65], [50]), before).regressions, [/send, hector <&>: ×2.00 of peer became ×1.30/]);
  const lower = resultOf([2], [1], 'lower');
  t.same(compareResults(resultOf([1], [1], 'lower'), lower).regressions, []);
  t.equal(compareResults(resultOf([3], [1], 'lower'), lower).regressions.length, 1);
});

t.test('the table has the method and a warning for a machine that others use; the chart is well-formed', async (t) => {
  const result = resultOf([200, 210], [100]);
  const table = formatTable(result);
  t.match(table, /\| send \| hector <&> \| 205 \/s \| 5 % \| ×2.05 of peer \| 1.00 \/ 2.00 \/ 3.00 \| 50.0 per request \| 60.0 \|/);
  t.match(table, /\*\*send\*\* .*higher is better\): How many\? Closed loop\./);
  t.notMatch(table, /Other work/);
  t.match(formatTable({ ...result, loadPerCore: { before: 2, after: 2 } }), /\*\*Other work had this machine/);
  const chart = formatChart(result);
  t.match(chart, /hector &lt;&amp;&gt;/);
  t.equal(chart.match(/<rect /g)?.length, 3);
});

t.test('every measurement says what, how and in which unit; all fit in 15 minutes, the quick ones in two', async (t) => {
  const all = await Promise.all(Object.entries(MEASUREMENTS).map(async ([name, load]) => ({ name, measurement: await load() })));
  const rows = all.flatMap(({ measurement }) => measurement.rows);
  for (const { name, measurement } of all) t.equal(measurement.name, name);
  t.equal(new Set(rows.map(({ name }) => name)).size, rows.length, 'names are used once');
  for (const row of rows) t.ok(row.question.endsWith('?') && row.method.length > 40 && row.unit !== '', row.name);
  const total = (key: 'full' | 'quick') => all.reduce((sum, { measurement }) => sum + measurement.budgetSeconds[key], 0);
  t.ok(total('full') <= 900, `${total('full')} s`);
  t.ok(total('quick') <= 120, `${total('quick')} s`);
  const readme = await readFile('bench/README.md', 'utf8');
  for (const { name } of rows) t.ok(readme.includes(`\`${name}\``), `bench/README.md says what ${name} shows`);
});

t.test('processes are found and their CPU time and memory read', { skip: process.platform !== 'linux' }, async (t) => {
  t.ok((await cpuMsOf([process.pid])) > 0);
  t.ok((await residentMiBOf([process.pid])) > 10);
  t.ok(Number.isNaN(await cpuMsOf([])));
  t.same(await findPidsWith('no-process-has-this-in-its-command-line'.repeat(2)), []);
});

t.test('npm run bench -- <name> measures in a process of its own, compares with a result and stores its own', async (t) => {
  const folder = t.testdir({});
  const bench = (...argv: string[]) =>
    promisify(execFile)(process.execPath, ['dist/bench/main.js', ...argv], { timeout: 60_000, cwd: process.cwd() });
  const options = ['loop', '--quick', '--repeats', '1', '--runs', '20', '--results', folder];
  const { stdout } = await bench(...options);
  t.match(stdout, /loop-model-call: What .*\n {2}1 messages .* µs/);
  const stored = JSON.parse(await readFile(`${folder}/latest.json`, 'utf8')) as BenchResult;
  t.match(stored, { settings: { isQuick: true, repeats: 1 }, failures: {}, machine: { node: process.version } });
  t.same(
    stored.rows.map(({ name }) => name),
    ['loop-model-call', 'loop-tool-call'],
  );
});
