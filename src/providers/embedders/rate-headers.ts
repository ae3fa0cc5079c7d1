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

/**
 * `reset` is when the bucket is full again. `undefined` where that tells too little: whole seconds are rounded, and so is what is left of a bucket
 * that is nearly full.
 */
function findPerMs(limit: number, remaining: number, resetMs: number | undefined): number | undefined {
  const used = limit - remaining;
  if (resetMs === undefined || (used < READABLE_USE && used * 2 < limit)) return undefined;
  const isPrecise = resetMs % 1_000 === 0 ? resetMs >= PRECISE_MS : resetMs >= READABLE_MS;
  return isPrecise ? used / resetMs : undefined;
}

function readNumber(text: string | null): number | undefined {
  const number = Number(text ?? Number.NaN);
  return text !== null && text.trim() !== '' && Number.isFinite(number) ? number : undefined;
}

const READABLE_USE = 4;
const PRECISE_MS = 10_000;
const READABLE_MS = 20;
