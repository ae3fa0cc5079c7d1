/**
 * One measurement in a process of its own: what the ones before it left in a heap, or did to the compiler, is none of its business. Argument: its name.
 * Gets `RunSettings` and sends `{ lines }` or `{ error }`.
 */
import { MEASUREMENTS } from '../measurements/measurements.js';
import type { Run } from './measurement.js';

export type RunSettings = Omit<Run, 'say'>;

const MAX_ERROR = 2_000;

process.once('message', (settings: RunSettings) => void measure(settings));

async function measure(settings: RunSettings): Promise<void> {
  let answer: object;
  try {
    const entry = MEASUREMENTS[process.argv[2] as keyof typeof MEASUREMENTS];
    const { measure } = await entry();
    answer = { lines: await measure({ ...settings, say: (text) => process.stderr.write(`  ${text}\n`) }) };
  } catch (error) {
    // Results are shared: they name no folder of this machine, and not all arguments of a command.
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    answer = { error: text.replaceAll(process.cwd(), '.').slice(0, MAX_ERROR) };
  }
  // Servers that would not end must not keep the bench from going on.
  process.send?.(answer, () => process.exit(0));
}
// Programs that were started end with this one.
process.once('SIGTERM', () => process.exit(1));
