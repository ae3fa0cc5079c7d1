import { backoffMs } from '../../../base/backoff.js';
import type { Clock } from '../../../base/clock.js';

/** Runs a transaction again when it lost against another one that ran beside it. */
export async function retryTransaction<T>(attempt: () => Promise<T>, isRetryable: (error: unknown) => boolean, clock: Clock): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries >= MAX_TRIES || !isRetryable(error)) throw error;
      await clock.sleep(backoffMs(tries, { baseMs: 2, maxMs: 100, jitter: 0.5 }));
    }
  }
}

const MAX_TRIES = 10;
