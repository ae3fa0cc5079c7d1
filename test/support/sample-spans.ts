import { SpanRing } from '../../src/observe/tracing/span-ring.js';
import type { EndedSpan } from '../../src/observe/tracing/span-view.js';

export interface SampleSpan {
  readonly name?: string;
  /** One hex digit, repeated. Default `a`. */
  readonly trace?: string;
  readonly id: string;
  readonly parent?: string;
  /** Milliseconds after 2023-11-14T22:13:20Z. */
  readonly at?: number;
  readonly ms?: number;
  readonly error?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

export function sampleSpan({
  name = 'hector.step.run',
  trace = 'a',
  id,
  parent,
  at = 0,
  ms = 1,
  error,
  attributes = {},
}: SampleSpan): EndedSpan {
  return {
    name,
    spanContext: () => ({ traceId: trace.repeat(32), spanId: id.repeat(16) }),
    parentSpanContext: parent === undefined ? undefined : { spanId: parent.repeat(16) },
    startTime: [1_700_000_000 + Math.floor(at / 1_000), (at % 1_000) * 1e6],
    duration: [Math.floor(ms / 1_000), (ms % 1_000) * 1e6],
    status: error === undefined ? { code: 0 } : { code: 2, message: error },
    attributes,
  };
}

/** One trace of the owner `ada`. */
export function sampleTraces(): SpanRing {
  const ring = new SpanRing();
  const task = '018bcfe5-6800-7000-8000-000000000002';
  ring.add(
    sampleSpan({ name: 'hector.llm.call', id: '3', parent: '2', at: 20, ms: 150, attributes: { 'gen_ai.request.model': 'offline' } }),
  );
  ring.add(
    sampleSpan({
      name: 'hector.step.run',
      id: '2',
      parent: '1',
      at: 10,
      ms: 180.5,
      attributes: { 'hector.task.id': task, 'hector.user_id': 'ada', 'hector.step': 1 },
    }),
  );
  ring.add(
    sampleSpan({
      name: 'hector.http.request',
      id: '1',
      ms: 200,
      attributes: { 'http.route': '/agents/{name}', 'http.status_code': 200, 'hector.user_id': 'ada' },
    }),
  );
  return ring;
}
