export interface BackoffOptions {
  /** Delay after the first failure, milliseconds. */
  readonly baseMs: number;
  /** No delay is longer, milliseconds. */
  readonly maxMs: number;
  /** Share of the delay that is random, 0–1. Default 0.1. */
  readonly jitter?: number;
}

/** Exponential delay before try `attempt + 1`, where `attempt` counts failures so far (1, 2, …). */
export function backoffMs(attempt: number, options: BackoffOptions, random: () => number = Math.random): number {
  const exponential = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(attempt - 1, 30));
  const jitter = options.jitter ?? 0.1;
  return Math.round(exponential * (1 - jitter + 2 * jitter * random()));
}
