/** A run of the bench as it is stored, and what is computed of it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { formatChart } from './chart.js';
import type { MachineFacts } from './machine.js';
import { formatTable } from './markdown.js';
import type { Line, Row } from './measurement.js';
import { median, spread } from './statistics.js';

export interface BenchResult {
  readonly at: string;
  readonly machine: MachineFacts;
  /** Runnable processes per core in the minute before the bench, and in its last one. */
  readonly loadPerCore: { readonly before: number; readonly after: number };
  readonly settings: { readonly isQuick: boolean; readonly repeats: number; readonly seconds: number; readonly warmUpSeconds: number };
  readonly rows: readonly RowResult[];
  /** Measurements that failed, with the reason. */
  readonly failures: Readonly<Record<string, string>>;
}

export interface RowResult extends Row {
  readonly measurement: string;
  readonly lines: readonly LineResult[];
}

export interface LineResult extends Omit<Line, 'row'> {
  readonly median: number;
  /** From the least repeat to the most, as a share of the median. */
  readonly spread: number;
  /** Median over the median of `comparedWith`. */
  readonly ratio?: number;
}

/** @throws when a line names a row or a target that is not there. */
export function summarize(measurement: string, rows: readonly Row[], lines: readonly Line[]): readonly RowResult[] {
  for (const { row } of lines) if (!rows.some(({ name }) => name === row)) throw new Error(`${measurement} has no row '${row}'`);
  return rows
    .map((row) => {
      const own = lines.filter((line) => line.row === row.name);
      return { ...row, measurement, lines: own.map((line) => summarizeLine(line, own)) };
    })
    .filter((row) => row.lines.length > 0);
}

function summarizeLine({ row, ...line }: Line, all: readonly Line[]): LineResult {
  const result = { ...line, median: median(line.repeats), spread: spread(line.repeats) };
  if (line.comparedWith === undefined) return result;
  const other = all.find(({ target }) => target === line.comparedWith);
  if (other === undefined) throw new Error(`${row}: ${line.target} is compared with ${line.comparedWith}, which was not measured`);
  return { ...result, ratio: result.median / median(other.repeats) };
}

export async function readResult(file: string): Promise<BenchResult> {
  return JSON.parse(await readFile(file, 'utf8')) as BenchResult;
}

/** `<name>.json`, `.md` and `.svg`. */
export async function writeResult(directory: string, name: string, result: BenchResult): Promise<void> {
  await mkdir(directory, { recursive: true });
  const write = (extension: string, text: string) => writeFile(path.join(directory, `${name}.${extension}`), text);
  await write('json', `${JSON.stringify(result, null, 2)}\n`);
  await write('md', formatTable(result));
  await write('svg', formatChart(result));
}
