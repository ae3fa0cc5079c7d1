/** What a load test must not miss. */
import type { LoadReport } from './run-load.js';

export interface Thresholds {
  readonly maxP50Ms?: number | undefined;
  readonly maxP95Ms?: number | undefined;
  readonly maxP99Ms?: number | undefined;
  /** Of the 99th percentile, for streams. */
  readonly maxFirstTextMs?: number | undefined;
  readonly minPerSecond?: number | undefined;
  /** 0 to 1. */
  readonly maxErrorShare: number;
}

/** In words, one line each. */
export function findMissed({ latency, firstText, perSecond, requests, errors }: LoadReport, thresholds: Thresholds): readonly string[] {
  const missed: string[] = [];
  const check = (name: string, valueMs: number, limitMs: number | undefined) => {
    // NaN, because nothing was answered, is missed.
    if (limitMs !== undefined && !(valueMs <= limitMs))
      missed.push(
        `${name} is ${Number.isNaN(valueMs) ? 'unknown, nothing came' : `${valueMs.toFixed(1)} ms`}; wanted at most ${limitMs} ms`,
      );
  };
  check('p50', latency.p50Ms, thresholds.maxP50Ms);
  check('p95', latency.p95Ms, thresholds.maxP95Ms);
  check('p99', latency.p99Ms, thresholds.maxP99Ms);
  check('p99 until the first text', firstText?.p99Ms ?? Number.NaN, thresholds.maxFirstTextMs);
  if (thresholds.minPerSecond !== undefined && perSecond < thresholds.minPerSecond)
    missed.push(`${perSecond.toFixed(1)}/s were answered; wanted at least ${thresholds.minPerSecond}/s`);
  const share = requests + errors === 0 ? 1 : errors / (requests + errors);
  if (share > thresholds.maxErrorShare)
    missed.push(
      requests + errors === 0
        ? 'nothing was measured'
        : `${(share * 100).toFixed(2)} % of the requests failed; at most ${thresholds.maxErrorShare * 100} % may`,
    );
  return missed;
}
