import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { arch, cpus, platform, totalmem } from 'node:os';
import path from 'node:path';
import type { LoadFigures } from './statistics.js';

/** One run of the bench, as it is stored. */
export interface BenchResult {
  readonly at: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGiB: number;
    readonly platform: string;
    readonly node: string;
  };
  readonly settings: { readonly repeats: number; readonly seconds: number; readonly warmUpSeconds: number };
  readonly rows: readonly RowResult[];
}

export interface RowResult {
  readonly row: string;
  readonly target: string;
  /** The median run by the row's figure. */
  readonly figures: LoadFigures;
  /** The row's figure in every repeat, in order: shows how noisy the machine was. */
  readonly repeats: readonly number[];
  /** Resident memory after the load, MiB. */
  readonly residentMiB: number;
}

export function machine(): BenchResult['machine'] {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${platform()} ${arch()}`,
    node: process.version,
  };
}

/** The newest stored result, or `undefined`. */
export async function findLastResult(directory: string): Promise<BenchResult | undefined> {
  const text = await readFile(path.join(directory, LATEST), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as BenchResult);
}

export async function saveResult(directory: string, result: BenchResult): Promise<string> {
  await mkdir(directory, { recursive: true });
  const text = `${JSON.stringify(result, null, 2)}\n`;
  const file = path.join(directory, LATEST);
  await writeFile(file, text);
  return file;
}

const LATEST = 'latest.json';
