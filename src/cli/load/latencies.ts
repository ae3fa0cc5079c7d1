/** Latencies of any number in fixed memory, each within a thousandth of its value. */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Milliseconds; NaN where nothing was recorded. */
export interface LatencyFigures {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export class Latencies {
  readonly #histogram: RecordableHistogram = createHistogram({ lowest: 1, highest: LONGEST_US, figures: 3 });

  record(latencyMs: number): void {
    this.#histogram.record(Math.min(LONGEST_US, Math.max(1, Math.round(latencyMs * 1_000))));
  }

  read(): LatencyFigures {
    const histogram = this.#histogram;
    const at = (percent: number) => (histogram.count === 0 ? Number.NaN : histogram.percentile(percent) / 1_000);
    return {
      count: histogram.count,
      p50Ms: at(50),
      p90Ms: at(90),
      p95Ms: at(95),
      p99Ms: at(99),
      p999Ms: at(99.9),
      maxMs: histogram.count === 0 ? Number.NaN : histogram.max / 1_000,
    };
  }
}

/** An hour: what takes longer counts as that. */
const LONGEST_US = 3_600_000_000;
