/** The line of `src/README.md`, as spans in order: when a stop moves, both change. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { collectFrames, streamFrames, userMessage } from '../support/a2a-client.js';
import { recordSpans } from '../support/record-spans.js';
import { startTestHector, temporaryDirectory } from '../support/start-hector.js';

const { started, finished } = recordSpans(t);

t.test('documents are indexed, and a message walks the whole line, one trace from request to answer (OBS-30, OBS-31)', async (t) => {
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
  const [index] = finished().filter(({ name }) => name === 'hector.rag.index');
  t.match(
    index?.attributes,
    {
      'hector.rag.store.name': 'handbook',
      'hector.rag.source_type': 'directory',
      'hector.rag.document_count': 1,
      'hector.rag.chunk_count': 1,
      'hector.rag.chunker_strategy': 'simple',
      'hector.rag.embedding_model': 'hashed-ngrams-2',
      'hector.rag.vector_provider': 'hnsw',
    },
    'a batch of an ingest (OBS-31, OBS-32)',
  );
  const below = finished().filter(({ parentSpanContext }) => parentSpanContext?.spanId === index?.spanContext().spanId);
  t.same(
    below
      .map(({ name, attributes }) => [name, attributes['hector.rag.chunk_count']])
      .filter(([name]) => String(name).startsWith('hector.rag.')),
    [
      ['hector.rag.chunk', 1],
      ['hector.rag.embed', 1],
    ],
  );
  started.length = 0;

  const frames = await collectFrames(
    streamFrames(`${hector.url}/agents/assistant`, 'SendStreamingMessage', {
      message: userMessage('When does the ferry to the island leave?'),
    }),
  );
  t.equal(frames.at(-1)?.result.statusUpdate?.status.state, 'TASK_STATE_COMPLETED');
  await hector.close();

  const trace = started.find((span) => span.name === 'hector.http.request')?.spanContext().traceId;
  const line = started.filter((span) => span.spanContext().traceId === trace && !span.name.startsWith('hector.db.'));
  const order = line.map((span) => span.name);
  t.same(
    [...new Set(order)],
    [
      'hector.http.request',
      'hector.access.check',
      'hector.a2a.operation',
      'hector.task.accept',
      'hector.step.enqueue',
      'hector.session.load',
      'hector.step.run',
      'hector.agent.run',
      'hector.llm.call',
      'hector.tool.execute',
      'hector.rag.search',
      'hector.rag.embed',
      'hector.step.commit',
      'hector.feed.publish',
    ],
  );
});
