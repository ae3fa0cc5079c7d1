/** `npm run bench [-- <measurement or row> … --quick --against <result> --save [name]]`: what there is, and what it shows, stands in README.md. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { compareResults } from './frame/against.js';
import { formatFigure, formatRatio } from './frame/format-figure.js';
import { loadPerCore, machineFacts } from './frame/machine.js';
import { DISTURBED, isDisturbed } from './frame/markdown.js';
import type { RunSettings } from './frame/measure-process.js';
import type { Measurement } from './frame/measurement.js';
import { type BenchResult, type RowResult, readResult, summarize, writeResult } from './frame/result.js';
import { runMeasurement } from './frame/run-measurement.js';
import { MEASUREMENTS } from './measurements/measurements.js';

const RESULTS = 'bench/results';
const REPORT = 'dist/bench-report';
const OWN_OPTIONS = {
  quick: 'boolean',
  list: 'boolean',
  against: 'string',
  save: 'string',
  results: 'string',
  repeats: 'string',
  seconds: 'string',
  'warm-up': 'string',
} as const;

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const { names, own, options } = readArguments(argv);
  const all = await Promise.all(Object.values(MEASUREMENTS).map((load) => load()));
  if (own.list === true) {
    for (const { name, rows } of all) for (const row of rows) console.log(`${name.padEnd(24)} ${row.name.padEnd(28)} ${row.question}`);
    return 0;
  }
  const isQuick = own.quick === true;
  const picked = pick(all, names, isQuick);
  // Before anything is measured: a wrong name must not cost a quarter of an hour.
  const before = typeof own.against === 'string' ? await readResult(own.against) : undefined;
  const settings: RunSettings = {
    isQuick,
    repeats: readNumber(own.repeats, isQuick ? 2 : 3),
    seconds: readNumber(own.seconds, isQuick ? 1 : 3),
    warmUpSeconds: readNumber(own['warm-up'], isQuick ? 0.5 : 1),
    options,
  };
  const loadBefore = loadPerCore();
  const rows: RowResult[] = [];
  const failures: Record<string, string> = {};
  for (const measurement of picked) {
    console.error(`${measurement.name} …`);
    try {
      const found = summarize(measurement.name, measurement.rows, await runMeasurement(measurement, settings));
      for (const row of found) print(row);
      rows.push(...found);
    } catch (error) {
      failures[measurement.name] = error instanceof Error ? error.message : String(error);
      console.error(`${measurement.name} failed: ${failures[measurement.name]}`);
    }
  }
  const result: BenchResult = {
    at: new Date().toISOString(),
    machine: machineFacts(),
    loadPerCore: { before: loadBefore, after: loadPerCore() },
    settings,
    rows,
    failures,
  };
  const report = typeof own.results === 'string' ? own.results : REPORT;
  await writeResult(report, 'latest', result);
  console.log(`\n${path.join(report, 'latest')}.{json,md,svg}${isDisturbed(result) ? `\n${DISTURBED}` : ''}`);
  if (typeof own.save === 'string') {
    await writeResult(RESULTS, own.save, result);
    console.log(path.join(RESULTS, `${own.save}.{json,md,svg}`));
  }
  const regressions = before === undefined ? [] : sayChanges(result, before);
  return Object.keys(failures).length === 0 && regressions.length === 0 ? 0 : 1;
}

function sayChanges(result: BenchResult, before: BenchResult): readonly string[] {
  const { lines, regressions } = compareResults(result, before);
  console.log(`\nAgainst ${before.at.slice(0, 10)}, commit ${before.machine.commit}, on ${before.machine.cpu}:`);
  for (const line of lines) console.log(`  ${line}`);
  for (const line of regressions) console.log(`regression: ${line}`);
  return regressions;
}

function print(row: RowResult): void {
  console.log(`\n${row.name}: ${row.question}`);
  for (const line of row.lines) {
    const parts = [
      `${formatFigure(line.median)} ${row.unit}${line.repeats.length === 1 ? '' : ` ±${Math.round(line.spread * 50)} %`}`.padEnd(22),
      formatRatio(line.ratio, line.comparedWith),
      line.latency === undefined
        ? ''
        : `p50 ${formatFigure(line.latency.p50Ms)} p95 ${formatFigure(line.latency.p95Ms)} p99 ${formatFigure(line.latency.p99Ms)} ms`,
      line.cpuUs === undefined ? '' : `CPU ${formatFigure(line.cpuUs)} µs${row.unitOfWork === undefined ? '' : ` per ${row.unitOfWork}`}`,
      line.residentMiB === undefined ? '' : `${formatFigure(line.residentMiB)} MiB`,
      ...Object.entries(line.also ?? {}).map(([name, value]) => `${name} ${typeof value === 'number' ? formatFigure(value) : value}`),
    ];
    console.log(`  ${line.target.padEnd(34)} ${parts.filter((part) => part !== '').join('  ')}`);
  }
}

/** Names of measurements, or of their rows; without any, all that have a budget. */
function pick(all: readonly Measurement[], names: readonly string[], isQuick: boolean): readonly Measurement[] {
  if (names.length === 0) return all.filter(({ budgetSeconds }) => (isQuick ? budgetSeconds.quick : budgetSeconds.full) > 0);
  return names.map((name) => {
    const found = all.find((each) => each.name === name || each.rows.some((row) => row.name === name));
    if (found === undefined) throw new Error(`unknown measurement '${name}'; there are ${all.map((each) => each.name).join(', ')}`);
    return found;
  });
}

function readArguments(argv: readonly string[]) {
  const { tokens } = parseArgs({ args: [...argv], options: toSpec(), strict: false, tokens: true, allowPositionals: true });
  const names: string[] = [];
  const own: Record<string, string | boolean> = {};
  const options: Record<string, string> = {};
  let pending: string | undefined;
  for (const token of tokens) {
    // An option that only a measurement knows has its value behind it.
    if (token.kind === 'positional') {
      if (pending === undefined) names.push(token.value);
      else options[pending] = token.value;
      pending = undefined;
    }
    if (token.kind !== 'option') continue;
    pending = undefined;
    if (Object.hasOwn(OWN_OPTIONS, token.name)) own[token.name] = token.value ?? true;
    else if (token.value !== undefined) options[token.name] = token.value;
    else pending = token.name;
  }
  return { names, own, options };
}

function toSpec() {
  return Object.fromEntries(Object.entries(OWN_OPTIONS).map(([name, type]) => [name, { type }]));
}

function readNumber(value: string | boolean | undefined, otherwise: number): number {
  const number = value === undefined ? otherwise : Number(value);
  if (!(number > 0)) throw new Error(`'${value}' is no number above 0`);
  return number;
}
