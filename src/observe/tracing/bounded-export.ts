/**
 * Between the spans of this process and a collector that may be slow, wrong or gone: it costs spans, never a run.
 *
 * Owns: how many spans wait. Does not own: batches and their pace (the SDK's), the wire (its exporter).
 * - At most `MAX_WAITING` spans wait; one more is dropped and counted.
 * - Every batch is over within the exporter's time, whatever the exporter does; one that fails is dropped and counted.
 */
import { core, tracing } from '@opentelemetry/sdk-node';
import { type CancelTimer, type Clock, systemClock } from '../../base/clock.js';
import { AppError, describeError } from '../../base/errors.js';
import { within } from '../../base/within.js';
import type { Logger } from '../log.js';
import type { Meter } from '../meter.js';

export interface BoundedExportOptions {
  readonly exporter: tracing.SpanExporter;
  /** Where it sends to, for the log. */
  readonly collector: string;
  readonly timeoutMs: number;
  readonly metrics: Meter;
  readonly log: Logger;
  readonly clock?: Clock;
}

export class BoundedExport implements tracing.SpanProcessor {
  readonly #options: BoundedExportOptions & { readonly clock: Clock };
  readonly #batches: tracing.BatchSpanProcessor;
  #waiting = 0;
  #isFailing = false;

  constructor(options: BoundedExportOptions) {
    this.#options = { clock: systemClock, ...options };
    const exporter: tracing.SpanExporter = {
      export: (spans, done) => this.#export(spans, done),
      shutdown: () => options.exporter.shutdown(),
    };
    this.#batches = new tracing.BatchSpanProcessor(exporter, {
      maxQueueSize: MAX_WAITING,
      scheduledDelayMillis: PERIOD_MS,
      exportTimeoutMillis: options.timeoutMs + GRACE_MS,
    });
  }

  onStart(_span: tracing.Span): void {}

  onEnd(span: tracing.ReadableSpan): void {
    if ((span.spanContext().traceFlags & SAMPLED) === 0) return;
    if (this.#waiting >= MAX_WAITING) {
      this.#options.metrics.count('trace_spans_dropped_total', { reason: 'queue_full' });
      return;
    }
    this.#waiting += 1;
    this.#batches.onEnd(span);
  }

  async forceFlush(): Promise<void> {
    await this.#batches.forceFlush().catch(() => undefined);
  }

  /** What still waits has `FAREWELL_MS`. Never rejects. */
  async shutdown(): Promise<void> {
    const { clock, log } = this.#options;
    try {
      await within(clock, Math.min(FAREWELL_MS, this.#options.timeoutMs + MARGIN_MS), this.#batches.shutdown());
    } catch (error) {
      log.warn({ reason: describeError(error), spans: this.#waiting }, 'the last spans did not reach the collector');
    }
  }

  #export(spans: tracing.ReadableSpan[], done: (result: core.ExportResult) => void): void {
    const { exporter, timeoutMs, clock } = this.#options;
    this.#waiting -= spans.length;
    let isOver = false;
    let cancelTimer: CancelTimer = () => undefined;
    const settle = (result: core.ExportResult): void => {
      if (isOver) return;
      isOver = true;
      cancelTimer();
      this.#note(result, spans.length);
      // The SDK would report a failure once more; it has been counted and said.
      done({ code: core.ExportResultCode.SUCCESS });
    };
    cancelTimer = clock.after(timeoutMs, () =>
      settle({
        code: core.ExportResultCode.FAILED,
        error: new AppError('TRACING_EXPORT_FAILED', { message: `no answer in ${timeoutMs} ms` }),
      }),
    );
    try {
      exporter.export(spans, settle);
    } catch (error) {
      settle({ code: core.ExportResultCode.FAILED, error: error as Error });
    }
  }

  /** Said when it begins and when it ends, not with every batch. */
  #note({ code, error }: core.ExportResult, spans: number): void {
    const { collector, timeoutMs, metrics, log } = this.#options;
    if (code === core.ExportResultCode.SUCCESS) {
      metrics.count('trace_spans_exported_total', {}, spans);
      if (this.#isFailing) log.info('the collector takes spans again');
      this.#isFailing = false;
      return;
    }
    metrics.count('trace_spans_dropped_total', { reason: 'export_failed' }, spans);
    if (!this.#isFailing) {
      const message = `${collector} takes no spans: ${describeError(error)}; look at observability.tracing (endpoint, headers, timeout: ${timeoutMs} ms)`;
      const failure = new AppError('TRACING_EXPORT_FAILED', { message, cause: error });
      log.warn({ code: failure.code, reason: failure.message }, 'spans are dropped until the collector takes them');
    }
    this.#isFailing = true;
  }
}

const MAX_WAITING = 4_096;
const PERIOD_MS = 1_000;
const GRACE_MS = 1_000;
/** In which a batch that hangs is given up before whoever waits for it is. */
const MARGIN_MS = 200;
const FAREWELL_MS = 2_000;
const SAMPLED = 1;
