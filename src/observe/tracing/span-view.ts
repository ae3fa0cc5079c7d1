import { isoTime } from '../../base/clock.js';
import type { JsonObject, JsonValue } from '../../base/json.js';

/** What is read of a span that has ended; the SDK's own have it. */
export interface EndedSpan {
  readonly name: string;
  spanContext(): { readonly traceId: string; readonly spanId: string };
  readonly parentSpanContext?: { readonly spanId: string } | undefined;
  readonly startTime: readonly [number, number];
  readonly duration: readonly [number, number];
  readonly status: { readonly code: number; readonly message?: string | undefined };
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A span as people read it. */
export function describeSpan(span: EndedSpan): JsonObject {
  const { traceId, spanId } = span.spanContext();
  const parent = span.parentSpanContext?.spanId;
  return {
    trace_id: traceId,
    span_id: spanId,
    ...(parent === undefined ? {} : { parent_span_id: parent }),
    name: span.name,
    started_at: isoTime(startMs(span)),
    duration_ms: Math.round(durationMs(span) * 1_000) / 1_000,
    status: span.status.code === STATUS_ERROR ? 'error' : 'ok',
    ...(span.status.message === undefined ? {} : { message: span.status.message }),
    attributes: span.attributes as Record<string, JsonValue>,
  };
}

export const startMs = ({ startTime: [seconds, nanoseconds] }: EndedSpan) => seconds * 1_000 + nanoseconds / 1e6;
export const durationMs = ({ duration: [seconds, nanoseconds] }: EndedSpan) => seconds * 1_000 + nanoseconds / 1e6;

/** `SpanStatusCode.ERROR`. */
export const STATUS_ERROR = 2;
