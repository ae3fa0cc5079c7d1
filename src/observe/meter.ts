/** What the rest of Hector sees of metrics: names and labels of `metric-catalog.ts`, and nothing of whoever keeps the numbers. */
import type { CounterName, GaugeName, HistogramName, LabelsOf } from './metric-catalog.js';

export interface Meter {
  count<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by?: number): void;
  observe<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, value: number): void;
  /** Raises a gauge, or lowers it. */
  add<Name extends GaugeName>(name: Name, labels: LabelsOf<Name>, by: number): void;
  set<Name extends GaugeName>(name: Name, labels: LabelsOf<Name>, value: number): void;
}

/** What the step queue looks like now. */
export interface QueueReading {
  /** Step jobs that wait. */
  readonly waiting: number;
  /** How long the one that is taken next waits already, milliseconds; 0 = none waits. */
  readonly nextWaitingMs: number;
  /** How long ago any worker took or finished one, or had its hands full, milliseconds; `undefined` = not known. */
  readonly lastProgressMs: number | undefined;
}

export interface MetricsPage {
  readonly contentType: string;
  readonly body: string;
}

export interface Metrics extends Meter {
  /**
   * `read` sets these gauges each time that somebody asks. A reading that fails, or a series that it does not set, leaves them out: while
   * Redis or SQL is away, yesterday's numbers would look like today's.
   */
  watch(gauges: readonly GaugeName[], read: () => void | Promise<void>): void;
  /** In the text format of Prometheus. */
  render(): Promise<MetricsPage>;
}

/** Counts nothing. */
export const silentMetrics: Metrics = {
  count() {},
  observe() {},
  add() {},
  set() {},
  watch() {},
  render: async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', body: '' }),
};

/** The queue of steps, as Redis knows it, and its place among the metrics. */
export function watchQueue(metrics: Metrics, read: () => Promise<QueueReading>): void {
  metrics.watch(['queue_waiting', 'queue_oldest_waiting_seconds', 'queue_last_progress_seconds'], async () => {
    const { waiting, nextWaitingMs, lastProgressMs } = await read();
    metrics.set('queue_waiting', {}, waiting);
    metrics.set('queue_oldest_waiting_seconds', {}, nextWaitingMs / 1_000);
    if (lastProgressMs !== undefined) metrics.set('queue_last_progress_seconds', {}, lastProgressMs / 1_000);
  });
}
