/** Spans over the OpenTelemetry API. Without a registered provider they cost next to nothing. */
import { type Attributes, context, propagation, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { describeError } from '../base/errors.js';

const tracer = trace.getTracer('hector');

/** Runs `run` inside a span; a throw is recorded on it and passes on. */
export function withSpan<T>(name: string, attributes: Attributes, run: (span: Span) => Promise<T>): Promise<T> {
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await run(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: describeError(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Adds to the span that is running, if one is. */
export function annotateSpan(attributes: Attributes): void {
  trace.getActiveSpan()?.setAttributes(attributes);
}

/** Runs `run` as a child of the W3C `traceparent`; '' = a new trace. */
export function withTraceparent<T>(traceparent: string, run: () => Promise<T>): Promise<T> {
  if (traceparent === '') return run();
  return context.with(propagation.extract(ROOT_CONTEXT, { traceparent }), run);
}

/** The W3C `traceparent` of the current span, or ''. */
export function currentTraceparent(): string {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier['traceparent'] ?? '';
}
