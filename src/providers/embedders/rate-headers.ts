/** What the headers of an answer tell about the service's limits (OpenAI's names, which others use too). */
import { parseDurationMs } from '../llms/retry-after.js';
import type { RateReport, RateWindow } from './pace.js';

type Headers = { get(name: string): string | null };

export function readRate(headers: Headers): RateReport {
  const requests = readWindow(headers, 'requests');
  const tokens = readWindow(headers, 'tokens');
  return { ...(requests === undefined ? {} : { requests }), ...(tokens === undefined ? {} : { tokens }) };
}

function readWindow(headers: Headers, kind: 'requests' | 'tokens'): RateWindow | undefined {
  const limit = readNumber(headers.get(`x-ratelimit-limit-${kind}`));
  const remaining = readNumber(headers.get(`x-ratelimit-remaining-${kind}`));
  if (limit === undefined || limit <= 0 || remaining === undefined || remaining < 0) return undefined;
  const resetMs = parseDurationMs(headers.get(`x-ratelimit-reset-${kind}`) ?? '');
  return { limit, remaining, perMs: findPerMs(limit, remaining, resetMs) };
}

/** `reset` is when the bucket is full again. Whole seconds are rounded, hence too coarse when they are few: then the limit is per minute. */
function findPerMs(limit: number, remaining: number, resetMs: number | undefined): number {
  const used = limit - remaining;
  const isTold = resetMs !== undefined && used > 0 && (resetMs % 1_000 === 0 ? resetMs >= PRECISE_MS : resetMs >= READABLE_MS);
  return isTold ? used / resetMs : limit / 60_000;
}

function readNumber(text: string | null): number | undefined {
  const number = Number(text ?? Number.NaN);
  return text !== null && text.trim() !== '' && Number.isFinite(number) ? number : undefined;
}

const PRECISE_MS = 10_000;
const READABLE_MS = 20;
