import { untilAborted } from './abort.js';
import type { Clock } from './clock.js';
import type { AppError } from './errors.js';

export interface TimeLimit {
  readonly clock: Clock;
  readonly limitMs: number;
  readonly createError: () => AppError;
}

/** Ends the work when its time is over, and with `signal`; the work is told by the signal that it is given. */
export async function withinTime<T>(
  { clock, limitMs, createError }: TimeLimit,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const onAbort = () => limit.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const stop = clock.after(limitMs, () => limit.abort(createError()));
  try {
    return await untilAborted(run(limit.signal), limit.signal);
  } finally {
    stop();
    signal.removeEventListener('abort', onAbort);
  }
}
