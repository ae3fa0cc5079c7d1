import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { formatChart } from './chart.js';
import { formatTable } from './markdown.js';
import type { BenchResult } from './result.js';

/** `<name>.json`, `.md` and `.svg`. */
export async function writeResult(directory: string, name: string, result: BenchResult): Promise<void> {
  await mkdir(directory, { recursive: true });
  const write = (extension: string, text: string) => writeFile(path.join(directory, `${name}.${extension}`), text);
  await write('json', `${JSON.stringify(result, null, 2)}\n`);
  await write('md', formatTable(result));
  await write('svg', formatChart(result));
}
