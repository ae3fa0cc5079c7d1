/** Spans of this process for a test to look at, in place of an exporter. Once per process: OpenTelemetry's provider is global. */
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { core, tracing } from '@opentelemetry/sdk-node';
import type { Test } from 'tap';

export interface RecordedSpans {
  /** Those that have begun, in that order. */
  readonly started: tracing.Span[];
  /** Those that have ended, in that order. */
  finished(): readonly tracing.ReadableSpan[];
}

/** Ends with the test. */
export function recordSpans(t: Pick<Test, 'teardown'>): RecordedSpans {
  const started: tracing.Span[] = [];
  const exporter = new tracing.InMemorySpanExporter();
  const starts = {
    onStart: (span: tracing.Span) => void started.push(span),
    onEnd() {},
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  trace.setGlobalTracerProvider(new tracing.BasicTracerProvider({ spanProcessors: [starts, new tracing.SimpleSpanProcessor(exporter)] }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(
    new core.CompositePropagator({ propagators: [new core.W3CTraceContextPropagator(), new core.W3CBaggagePropagator()] }),
  );
  t.teardown(() => {
    trace.disable();
    context.disable();
    propagation.disable();
  });
  return { started, finished: () => exporter.getFinishedSpans() };
}
