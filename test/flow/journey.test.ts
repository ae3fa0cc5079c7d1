/** The line of `src/README.md`, as spans in order: when a stop moves, both change. */
import { contextBase, tracing } from '@opentelemetry/sdk-node';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { context, propagation, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { collectFrames, streamFrames, userMessage } from '../support/a2a-client.js';
import { startTestHector, temporaryDirectory } from '../support/start-hector.js';

const exporter = new tracing.InMemorySpanExporter();
const provider = new tracing.BasicTracerProvider({ spanProcessors: [new tracing.SimpleSpanProcessor(exporter)] });
trace.setGlobalTracerProvider(provider);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
t.teardown(() => provider.shutdown());
void contextBase;

t.test('a message walks the whole line, one trace from request to answer', async (t) => {
  const directory = await temporaryDirectory(t);
  await mkdir(path.join(directory, 'docs'));
  await writeFile(path.join(directory, 'docs', 'ferry.md'), '# Ferry\n\nThe ferry to the island leaves at nine in the morning.\n');
  const hector = await startTestHector(t, {
    directory,
    config: {
      document_stores: { handbook: { source: { type: 'directory', path: './docs' } } },
      agents: { assistant: { instruction: 'Answer from the handbook.' } },
    },
  });
  await hector.ingest(undefined, () => {}, AbortSignal.timeout(20_000));
  exporter.reset();

  const frames = await collectFrames(streamFrames(`${hector.url}/agents/assistant`, 'SendStreamingMessage', { message: userMessage('When does the ferry to the island leave?') }));
  t.equal(frames.at(-1)?.result.statusUpdate.status.state, 'TASK_STATE_COMPLETED');
  await hector.close();

  const spans = exporter.getFinishedSpans();
  const request = spans.find((span) => span.name === 'hector.http.request');
  const ofTrace = spans.filter((span) => span.spanContext().traceId === request?.spanContext().traceId);
  const order = [...ofTrace].sort((a, b) => compareTimes(a.startTime, b.startTime)).map((span) => span.name);
  t.same(firstOccurrences(order), [
    'hector.http.request',
    'hector.access.check',
    'hector.a2a.operation',
    'hector.task.accept',
    'hector.step.enqueue',
    'hector.step.run',
    'hector.agent.run',
    'hector.llm.call',
    'hector.tool.execute',
    'hector.rag.search',
    'hector.step.commit',
    'hector.feed.publish',
  ]);
});

function firstOccurrences(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

function compareTimes(a: readonly [number, number], b: readonly [number, number]): number {
  return a[0] - b[0] || a[1] - b[1];
}
