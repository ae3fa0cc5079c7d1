/** What a further try may help with, and when it is due. */

/** A status, or what the network threw. */
export function isWorthRetrying(outcome: unknown): boolean {
  if (typeof outcome === 'number') return STATUSES.has(outcome);
  return outcome instanceof Error && 'code' in outcome && CODES.has(String(outcome.code));
}

/** Milliseconds: what the server asked for, in seconds or as a date, else doubled with each try. */
export function findRetryDelay(retryAfter: string | undefined, tries: number, now: number): number {
  if (retryAfter !== undefined && /^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1_000;
  const date = retryAfter === undefined ? Number.NaN : Date.parse(retryAfter);
  return Number.isNaN(date) ? FIRST_DELAY_MS * 2 ** tries : Math.max(0, date - now);
}

const FIRST_DELAY_MS = 250;
const STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const CODES: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
]);
