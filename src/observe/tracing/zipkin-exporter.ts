/** Spans in Zipkin's own format (v2, JSON over HTTP). */
import { core, type tracing } from '@opentelemetry/sdk-node';
import { type Clock, systemClock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import { STATUS_ERROR } from './span-view.js';

export interface ZipkinExporterOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** A request is over by then, whatever the collector does, and its connection closed; milliseconds. */
  readonly timeoutMs: number;
  readonly clock?: Clock;
}

export class ZipkinExporter implements tracing.SpanExporter {
  readonly #options: ZipkinExporterOptions;
  readonly #closing = new AbortController();

  constructor(options: ZipkinExporterOptions) {
    this.#options = options;
  }

  export(spans: tracing.ReadableSpan[], done: (result: core.ExportResult) => void): void {
    this.#send(spans).then(
      () => done({ code: core.ExportResultCode.SUCCESS }),
      (error: Error) => done({ code: core.ExportResultCode.FAILED, error }),
    );
  }

  async shutdown(): Promise<void> {
    this.#closing.abort(new AppError('TRACING_EXPORT_FAILED', { message: 'tracing has ended' }));
  }

  async #send(spans: readonly tracing.ReadableSpan[]): Promise<void> {
    const { url, headers, serviceName, timeoutMs, clock = systemClock } = this.#options;
    const late = new AbortController();
    const cancelTimer = clock.after(timeoutMs, () =>
      late.abort(new AppError('TRACING_EXPORT_FAILED', { message: `no answer in ${timeoutMs} ms` })),
    );
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(spans.map((span) => toZipkin(span, serviceName))),
        // Elsewhere nobody has said that spans, and the headers with its key, may go.
        redirect: 'manual',
        signal: AbortSignal.any([late.signal, this.#closing.signal]),
      });
      await response.body?.cancel();
      if (!response.ok) throw new AppError('TRACING_EXPORT_FAILED', { message: `answered ${response.status}` });
    } finally {
      cancelTimer();
    }
  }
}

function toZipkin(span: tracing.ReadableSpan, serviceName: string) {
  const { name, parentSpanContext, startTime, duration, attributes, status, resource } = span;
  const { traceId, spanId } = span.spanContext();
  return {
    traceId,
    id: spanId,
    ...(parentSpanContext === undefined ? {} : { parentId: parentSpanContext.spanId }),
    name,
    timestamp: Math.round(core.hrTimeToMicroseconds(startTime)),
    // 0 means to Zipkin that it is not known.
    duration: Math.max(1, Math.round(core.hrTimeToMicroseconds(duration))),
    localEndpoint: { serviceName },
    tags: {
      ...asTexts(attributes),
      ...(status.code === STATUS_ERROR ? { error: status.message ?? '' } : {}),
      ...asTexts(resource.attributes),
    },
  };
}

function asTexts(attributes: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, String(value)]));
}
