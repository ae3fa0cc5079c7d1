import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LoadFigures, LoadOptions } from './load-options.js';

/** Runs the load generator in a process of its own. @throws when one answer was not what was asked for. */
export async function runLoad(options: LoadOptions): Promise<LoadFigures> {
  const entry = fileURLToPath(new URL('./load-process.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [entry, JSON.stringify(options)], {
    timeout: (options.warmUpSeconds + options.seconds + 90) * 1_000,
  });
  const figures = JSON.parse(stdout) as LoadFigures;
  if (figures.errors > 0)
    throw new Error(
      `${figures.errors} of ${figures.requests + figures.errors} requests to ${options.url} failed: ${JSON.stringify(figures.problems)}, ${figures.unsent} never sent`,
    );
  return figures;
}
