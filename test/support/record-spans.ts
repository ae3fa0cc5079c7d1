/** Spans of this process for a test to look at, in place of an exporter. Once per process: OpenTelemetry's provider is global. */
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type Span,
} from '@opentelemetry/sdk-trace-base';
import type { Test } from 'tap';

export interface RecordedSpans {
  /** Those that have begun, in that order. */
  readonly started: Span[];
  /** Those that have ended, in that order. */
  finished(): readonly ReadableSpan[];
}

/** Ends with the test. */
export function recordSpans(t: Pick<Test, 'teardown'>): RecordedSpans {
  const started: Span[] = [];
  const exporter = new InMemorySpanExporter();
  const starts = { onStart: (span: Span) => void started.push(span), onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} };
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [starts, new SimpleSpanProcessor(exporter)] }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }));
  t.teardown(() => {
    trace.disable();
    context.disable();
    propagation.disable();
  });
  return { started, finished: () => exporter.getFinishedSpans() };
}
