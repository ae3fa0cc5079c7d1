/**
 * `npm run bench [-- compare --rows a,b --repeats 3 --seconds 5 --save]`: method in README.md.
 * Every row runs on all targets, alternating, in one run; figures are compared as ratios.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runLoad } from './load/run-load.js';
import { type BenchResult, findLastResult, machine, type RowResult, saveResult } from './results.js';
import { ROWS, type Row } from './rows.js';
import { type LoadFigures, medianBy, round } from './statistics.js';
import { hectorTarget } from './targets/hector.js';
import { jsSdkTarget } from './targets/js-sdk.js';
import type { RunningTarget, Target } from './targets/target.js';

const { values } = parseArgs({
  options: {
    rows: { type: 'string' },
    repeats: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    'warm-up': { type: 'string', default: '2' },
    save: { type: 'boolean', default: false },
  },
});
const repeats = Number(values.repeats);
const seconds = Number(values.seconds);
const warmUpSeconds = Number(values['warm-up']);
const rows = values.rows === undefined ? ROWS : values.rows.split(',').map(getRow);
const directory = path.resolve('bench/results');

const targets: readonly Target[] = [hectorTarget('uws'), hectorTarget('node'), jsSdkTarget];
const running: { readonly target: Target; readonly server: RunningTarget }[] = [];
const results: RowResult[] = [];
try {
  for (const target of targets) {
    running.push({ target, server: await target.start() });
    const idle = await running.at(-1)?.server.residentMiB();
    console.log(`${target.name}: ready, ${idle} MiB resident`);
  }
  for (const row of rows) results.push(...(await measure(row)));
} finally {
  await Promise.all(running.map(({ server }) => server.close()));
}
const result: BenchResult = {
  at: new Date().toISOString(),
  machine: machine(),
  settings: { repeats, seconds, warmUpSeconds },
  rows: results,
};
report(result, await findLastResult(directory));
if (values.save) console.log(`saved to ${path.relative('.', await saveResult(directory, result))}`);

function getRow(name: string): Row {
  const row = ROWS.find((candidate) => candidate.name === name);
  if (row === undefined) throw new Error(`unknown row '${name}'; there are ${ROWS.map((candidate) => candidate.name).join(', ')}`);
  return row;
}

/** Targets alternate within a repeat, so that a noisy minute hits all of them. */
async function measure(row: Row): Promise<readonly RowResult[]> {
  console.log(`\n${row.name}: ${row.question}`);
  const runs = new Map<string, LoadFigures[]>();
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const { target, server } of running) {
      const figures = await runLoad({ ...row.load, url: server.url, warmUpSeconds, seconds });
      if (figures.errors > 0)
        throw new Error(`${row.name} on ${target.name}: ${figures.errors} errors of ${figures.requests + figures.errors} requests`);
      runs.set(target.name, [...(runs.get(target.name) ?? []), figures]);
    }
  }
  return Promise.all(
    running.map(async ({ target, server }) => {
      const all = runs.get(target.name) ?? [];
      const figure = (figures: LoadFigures) => figures[row.figure.name];
      return {
        row: row.name,
        target: target.name,
        figures: medianBy(all, figure),
        repeats: all.map(figure),
        residentMiB: await server.residentMiB(),
      };
    }),
  );
}

function report(result: BenchResult, last: BenchResult | undefined): void {
  console.log(`\n${result.machine.cores} cores, ${result.machine.cpu}, Node ${result.machine.node}; median of ${repeats} × ${seconds} s`);
  for (const row of rows) {
    const lines = result.rows.filter((line) => line.row === row.name);
    const peer = lines.find((line) => line.target === jsSdkTarget.name);
    console.log(`\n${row.name} (${row.figure.name}, ${row.figure.better} is better)`);
    for (const line of lines) {
      const value = line.figures[row.figure.name];
      const before = last?.rows.find((other) => other.row === row.name && other.target === line.target)?.figures[row.figure.name];
      const parts = [
        `  ${line.target.padEnd(20)} ${String(value).padStart(10)} ${row.figure.unit}`,
        `p50 ${line.figures.p50Ms} p99 ${line.figures.p99Ms} ms`,
        `${line.residentMiB} MiB`,
        peer === undefined || peer === line ? '' : `×${round(value / peer.figures[row.figure.name])} of the peer`,
        before === undefined ? '' : `last time ${before}`,
      ];
      console.log(parts.filter((part) => part !== '').join('  '));
    }
  }
}
