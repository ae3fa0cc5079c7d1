/**
 * Contract of pacing: who may ask a service when, so that all processes together stay within its limits. Implemented by `storage/redis` for
 * all processes, by `in-process-pace.ts` for one.
 *
 * 1. An account's buckets (requests, tokens) are open until a limit is configured or the service tells one.
 * 2. Places are given in order: whoever takes one is told how long to wait and then asks without taking another.
 * 3. What is left as the service tells it lowers a bucket, never raises it: an answer may be older than what was taken since.
 * 4. A pause holds back everybody; it grows, and passes by itself.
 */
export interface Pace {
  /** Takes a place; milliseconds until it is due. */
  take(account: string, cost: PaceCost, limits: PaceLimits): Promise<number>;
  /** Milliseconds for which the service wants nobody to ask. */
  pauseMs(account: string): Promise<number>;
  settle(account: string, report: PaceReport): Promise<void>;
}

export interface PaceCost {
  readonly requests: number;
  readonly tokens: number;
  /** Somebody waits for it: it is taken from what others would get, and waits for pauses only. */
  readonly urgent: boolean;
}

/** As configured; 0 = none. */
export interface PaceLimits {
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
}

export interface PaceReport {
  /** Taken, and not used after all; below 0: used, and not taken. */
  readonly unusedRequests: number;
  readonly unusedTokens: number;
  readonly rate: RateReport;
  /** 0 = none. */
  readonly pauseMs: number;
}

/** What the headers of an answer tell. */
export interface RateReport {
  readonly requests?: RateWindow;
  readonly tokens?: RateWindow;
}

export interface RateWindow {
  readonly limit: number;
  readonly remaining: number;
  /** How fast the bucket fills; `undefined` = not told: as before, else the limit is per minute. */
  readonly perMs: number | undefined;
}

/** With a limit per minute as its only rule, a bucket holds a second's worth: a minute never sees more than 1/60 too many. */
export function configuredWindow(perMinute: number): RateWindow & { readonly perMs: number } {
  const limit = Math.max(1, perMinute / 60);
  return { limit, remaining: limit, perMs: perMinute / 60_000 };
}
