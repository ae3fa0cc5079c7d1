import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RunSettings } from './measure-process.js';
import type { Line, Measurement } from './measurement.js';

/** Runs it in a process of its own. @throws when it fails, or takes several times as long as it may. */
export async function runMeasurement({ name, budgetSeconds }: Measurement, settings: RunSettings): Promise<readonly Line[]> {
  const child = fork(fileURLToPath(new URL('./measure-process.js', import.meta.url)), [name], {
    execArgv: ['--expose-gc'],
    // Its standard output would be our table's.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const seconds = settings.isQuick ? budgetSeconds.quick : budgetSeconds.full;
  const limitMs = seconds === 0 ? NAMED_LIMIT_MS : Math.max(MIN_LIMIT_MS, seconds * PATIENCE * 1_000);
  let timer: NodeJS.Timeout | undefined;
  try {
    const answer = await new Promise<{ readonly lines?: readonly Line[]; readonly error?: string }>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${name} was not over in ${limitMs / 1_000} s`)), limitMs);
      child.once('message', (message) => resolve(message as object));
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`${name} ended with ${signal ?? code} and said nothing`)));
      child.send(settings);
    });
    if (answer.lines === undefined) throw new Error(answer.error);
    return answer.lines;
  } finally {
    clearTimeout(timer);
    if (child.exitCode === null) child.kill('SIGTERM');
  }
}

/** For machines that are busy or slow. */
const PATIENCE = 5;
const MIN_LIMIT_MS = 120_000;
/** Of those that run only by their names. */
const NAMED_LIMIT_MS = 1_800_000;
