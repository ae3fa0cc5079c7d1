import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LoadFigures } from '../statistics.js';
import type { LoadOptions } from './load-options.js';

/** Runs the load generator in a process of its own. */
export async function runLoad(options: LoadOptions): Promise<LoadFigures> {
  const entry = fileURLToPath(new URL('./load-process.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [entry, JSON.stringify(options)], {
    timeout: (options.warmUpSeconds + options.seconds + 60) * 1_000,
  });
  return JSON.parse(stdout) as LoadFigures;
}
