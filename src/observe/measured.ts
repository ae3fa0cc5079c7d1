/** Something that is asked and answers, measured around its answer. */
import type { Clock } from '../base/clock.js';
import { errorType } from './error-type.js';

/** Tells how long it took, and what failed; the failure passes on. */
export async function measured<T>(
  clock: Pick<Clock, 'monotonic'>,
  run: () => Promise<T>,
  tell: (seconds: number, error_type: string | undefined) => void,
): Promise<T> {
  const startedMs = clock.monotonic();
  const secondsSince = () => (clock.monotonic() - startedMs) / 1_000;
  try {
    const result = await run();
    tell(secondsSince(), undefined);
    return result;
  } catch (error) {
    tell(secondsSince(), errorType(error));
    throw error;
  }
}
