import { rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AppError } from '../../src/base/errors.js';
import { armFaultPoint } from '../../src/base/fault-points.js';
import type { Metadata } from '../../src/base/metadata.js';
import type { PlannedDocument } from '../../src/knowledge/runs/plan-ingest.js';
import type { DocumentSource, SourceDocument } from '../../src/knowledge/sources/document-source.js';
import type { Embedder } from '../../src/providers/embedders/contract.js';
import { type KnowledgeRig, openKnowledge } from '../support/knowledge-rig.js';

const never = AbortSignal.timeout(600_000);

t.test('llama_index #19579: no hash is recorded before the work is done', async (t) => {
  let failing = true;
  const rig = await openKnowledge(t, { wrapEmbedder: (embedder) => failingEmbedder(embedder, () => failing) });
  rig.write('a.txt', 'The harbour master is called Ingrid.');
  t.match(await rig.ingest(), { done: 0, failed: 1 });
  t.match((await rig.chunkStore.findDocuments('docs', ['a.txt'])).get('a.txt'), { contentHash: '', status: 'failed', stage: 'embed' });
  failing = false;
  t.match(await rig.ingest(), { done: 1, failed: 0 }, 'the same content is not taken for indexed');
  t.equal((await rig.search('harbour master'))[0]?.documentId, 'a.txt');
});

t.test('llama_index #22639: no old version is deleted before the new one is written', async (t) => {
  let mode: 'works' | 'embedding fails' | 'commit fails' = 'works';
  const rig: KnowledgeRig = await openKnowledge(t, {
    wrapEmbedder: (embedder) => failingEmbedder(embedder, () => mode === 'embedding fails'),
    wrapChunkStore: (store) => ({
      ...store,
      commit: (collection, changes, ...rest) =>
        mode === 'commit fails' && changes.some(({ type }) => type === 'index')
          ? Promise.reject(new AppError('INTERNAL', { message: 'the disk is full' }))
          : store.commit(collection, changes, ...rest),
    }),
  });
  rig.write('a.txt', 'The harbour master is called Ingrid.');
  await rig.ingest();
  const seen: (string | undefined)[] = [];
  const look = async () => void seen.push((await rig.search('harbour master', 1))[0]?.content);
  const disarm = armFaultPoint('ingest.before-commit', look);
  t.teardown(disarm);
  for (const way of ['embedding fails', 'commit fails'] as const) {
    mode = way;
    rig.write('a.txt', `The harbour master is called Beatrice, but ${way}.`);
    t.match(await rig.ingest(), { done: 0, failed: 1 });
    await look();
  }
  t.ok(seen.length >= 4);
  t.same([...new Set(seen)], ['The harbour master is called Ingrid.'], 'searchable before, in the middle of, and after every failure');
  t.match((await rig.chunkStore.findDocuments('docs', ['a.txt'])).get('a.txt'), { stage: 'commit', lastError: 'the disk is full' });
  mode = 'works';
  t.match(await rig.ingest(), { done: 1 });
  await look();
  t.match(seen.at(-1), /Beatrice/);
});

t.test('llama_index #22046: every chunk of a document is kept, not only the last', async (t) => {
  const rig = await openKnowledge(t);
  const lines = Array.from(
    { length: 90 },
    (_, index) => `Paragraph ${index} speaks of walrus${index} at such length that there are many chunks.`,
  );
  rig.write('long.txt', lines.join('\n'));
  const { chunks } = await rig.ingest();
  t.ok(chunks > 5);
  t.equal(await rig.countIndexed(), chunks);
  const texts = await rig.runs.texts('docs', 'long.txt', 0, 100);
  t.same(
    texts.map(({ index }) => index),
    Array.from({ length: chunks }, (_, index) => index),
  );
  const all = texts.map(({ text }) => text).join('\n');
  for (let index = 0; index < 90; index++) t.ok(new RegExp(`walrus${index}\\b`).test(all));
  for (const index of [0, 44, 89]) t.match((await rig.search(`walrus${index} paragraph`, 1))[0]?.content, new RegExp(`walrus${index}\\b`));
});

t.test('llama_index #18197: a large document is tried again, and whole, after a failure in its middle (RAG-36, W-79)', async (t) => {
  let reads = 0;
  const rig = await openKnowledge(t, {
    wrapSource: (source) => ({
      ...source,
      async read(...request) {
        reads += 1;
        if (reads === 1) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
        if (reads === 2) throw new AppError('DOCUMENT_SOURCE_UNREADABLE', { cause: { status: 429 } });
        if (reads === 3) throw new AppError('DOCUMENT_SOURCE_UNREADABLE', { details: { status: 503 }, retryAfterMs: 20 });
        return await source.read(...request);
      },
    }),
  });
  rig.write('large.txt', 'Walruses rest on the ice floe and sing. '.repeat(2_000));
  const result = await rig.ingest();
  t.match(result, { done: 1, failed: 0 });
  t.ok(result.chunks > 50);
  t.equal(reads, 4);

  reads = 0;
  const failing = await rig.restart({ indexing: { ...INDEXING, retry: { maxRetries: 2, baseDelayMs: 1, maxDelayMs: 2, jitter: 0 } } });
  failing.write('large.txt', 'Something shorter about walruses.');
  t.match(await failing.ingest(), { done: 0, failed: 1 });
  t.match((await failing.chunkStore.findDocuments('docs', ['large.txt'])).get('large.txt'), {
    stage: 'read',
    attempts: 3,
    failedState: '',
    chunkCount: result.chunks,
  });
  t.match(await failing.ingest(), { done: 1, failed: 0 }, 'what may pass is tried again by the next scan');
});

t.test('what cannot be extracted is not read again while it is the same, until somebody asks for it', async (t) => {
  const reads: string[] = [];
  const rig = await openKnowledge(t, {
    wrapSource: (source) => ({
      ...source,
      read(document, ...rest) {
        reads.push(document.id);
        return source.read(document, ...rest);
      },
    }),
  });
  rig.write('image.bin', Uint8Array.from([0x89, 0x50, 0, 0, 1, 2, 3]));
  utimesSync(join(rig.folder, 'image.bin'), 1_000, 1_000);
  t.match(await rig.ingest(), { failed: 1 });
  t.match(await rig.ingest(), { failed: 1, done: 0 }, 'it still is a failed document');
  t.same(reads, ['image.bin']);
  t.match(await rig.ingest('retry'), { failed: 1 });
  t.equal(reads.length, 2);
  t.match((await rig.chunkStore.findDocuments('docs', ['image.bin'])).get('image.bin'), { attempts: 2, stage: 'prepare' });
  rig.write('image.bin', 'Now it is a text about otters.');
  t.match(await rig.ingest(), { failed: 0, done: 1 }, 'another version is another matter');
});

t.test('a source that shows nothing any more empties no store, unless it is told to', async (t) => {
  const rig = await openKnowledge(t);
  rig.write('a.txt', 'The harbour master is called Ingrid.');
  await rig.ingest();
  rmSync(join(rig.folder, 'a.txt'));
  t.match(await rig.ingest(), { removed: 0, error: { code: 'DOCUMENT_SOURCE_EMPTY', message: /--force/ } });
  t.equal((await rig.search('harbour master')).length, 1);
  t.match(await rig.ingest('all'), { removed: 1, error: undefined });
  t.same(await rig.search('harbour master'), []);
});

t.test('other metadata of an unchanged document reaches its chunks without an embedding', async (t) => {
  let metadata: Metadata = { team: 'north', draft: true };
  const rig = await openKnowledge(t, { wrapSource: (source) => withMetadata(source, () => metadata) });
  rig.write('a.txt', 'The harbour master is called Ingrid.');
  await rig.ingest();
  const calls = rig.embedded.length;
  metadata = { team: 'south' };
  t.match(await rig.ingest(), { done: 0, skipped: 1 });
  t.equal(rig.embedded.length, calls);
  const record = (await rig.chunkStore.findDocuments('docs', ['a.txt'])).get('a.txt');
  const [vector] = await rig.chunkStore.vectors([record?.key ?? ''], rig.fingerprint);
  t.match(vector?.metadata, { team: 'south' });
  t.notOk('draft' in (vector?.metadata ?? {}), 'what the source no longer says is gone');
  t.match(await rig.ingest(), { skipped: 1 });
  t.equal((await rig.runs.list({ store: 'docs', before: '', limit: 1 }))[0]?.total, 1);
});

t.test('a document whose id no database keeps fails alone', async (t) => {
  const rig = await openKnowledge(t, {
    wrapSource: (source) => ({
      ...source,
      async *scan(...given) {
        for await (const finding of source.scan(...given))
          yield finding.type === 'document' && finding.document.id === 'b.txt'
            ? { type: 'document', document: { ...finding.document, id: 'b\u0000.txt' } }
            : finding;
      },
    }),
  });
  for (const name of ['a.txt', 'b.txt', 'c.txt']) rig.write(name, `The text of ${name}.`);
  t.match(await rig.ingest(), { done: 2, failed: 1, error: undefined });
  const [failed] = await rig.runs.documents({ store: 'docs', status: 'failed', error: 'NUL', afterKey: '', limit: 5 });
  t.equal(failed?.id, 'b\ufffd.txt');
});

t.test('a document that was deleted by hand stays out until its source changes, or somebody wants it', async (t) => {
  const rig = await openKnowledge(t);
  rig.write('a.txt', 'The harbour master is called Ingrid.');
  rig.write('b.txt', 'The baker is called Tom.');
  await rig.ingest();
  await waitOut(rig, 'a.txt');
  const generation = (await rig.chunkStore.findDocuments('docs', ['a.txt'])).get('a.txt')?.generation ?? 0;
  await rig.chunkStore.commit('docs', [{ type: 'remove', store: 'docs', id: 'a.txt', generation, byHand: true }], Date.now() + 5_000);
  t.match(await rig.ingest(), { done: 0, skipped: 2, removed: 0 });
  t.match(await rig.ingest('check'), { skipped: 2 }, 'also when everything is read');
  await rig.runs.forgetVersion('docs', 'a.txt');
  t.match(await rig.ingest(), { done: 1, skipped: 1 });
  t.equal((await rig.search('harbour master'))[0]?.documentId, 'a.txt');
});

t.test('a plan says what would be added, updated and removed, and changes nothing', async (t) => {
  const rig = await openKnowledge(t);
  for (const id of ['keep', 'change', 'lose']) rig.write(`${id}.txt`, `A text about ${id}.`);
  await rig.ingest();
  for (const id of ['keep', 'change', 'lose']) await waitOut(rig, `${id}.txt`);
  const calls = rig.embedded.length;
  rig.write('change.txt', 'A longer text about change.');
  rig.write('new.txt', 'A new text.');
  rmSync(join(rig.folder, 'lose.txt'));
  const planned: PlannedDocument[] = [];
  const counts = await rig.knowledge.ingester.plan('docs', undefined, (document) => planned.push(document), never);
  t.same(counts, { add: 1, update: 1, keep: 1, remove: 1, fail: 0 });
  t.same(planned.map(({ id, act }) => `${act} ${id}`).sort(), ['add new.txt', 'remove lose.txt', 'update change.txt']);
  t.equal(rig.embedded.length, calls);
  t.equal((await rig.search('text about lose', 1))[0]?.documentId, 'lose.txt');
  t.equal((await rig.runs.list({ store: 'docs', before: '', limit: 10 })).length, 1);
});

t.test('a watched source is indexed as it changes, and one that was away is compared as a whole (RAG-33, W-81)', async (t) => {
  const watch: { calls: number; onChange?: () => void } = { calls: 0 };
  const rig = await openKnowledge(t, {
    settings: { watch: true },
    wrapSource: (source) => ({
      ...source,
      async watch(onChange) {
        watch.calls += 1;
        watch.onChange = onChange;
        if (watch.calls === 1) throw new Error('too many watches');
      },
    }),
  });
  rig.write('a.txt', 'The harbour master is called Ingrid.');
  await rig.knowledge.ingester.start();
  await untilCount(rig, 1);
  rig.write('b.txt', 'The baker is called Tom.');
  await untilCount(rig, 2);
  t.equal(watch.calls, 2, 'a watch that could not be had is tried again, and everything is compared');
  rig.write('c.txt', 'The miller is called Eve.');
  // More events than anybody could keep come to one more run.
  for (let event = 0; event < 1_000; event++) watch.onChange?.();
  await untilCount(rig, 3);
  rmSync(join(rig.folder, 'a.txt'));
  watch.onChange?.();
  await untilCount(rig, 2);
  t.ok((await rig.runs.list({ store: 'docs', before: '', limit: 100 })).length < 12);
});

const INDEXING = {
  maxConcurrent: 2,
  documentTimeoutMs: 60_000,
  maxChunks: 10_000,
  rescanIntervalMs: undefined,
  allowEmpty: false,
  retry: { maxRetries: 3, baseDelayMs: 5, maxDelayMs: 50, jitter: 0.1 },
};

function failingEmbedder(embedder: Embedder, isFailing: () => boolean): Embedder {
  return {
    ...embedder,
    embed: (texts, purpose, signal) =>
      isFailing() && purpose === 'document' ? Promise.reject(new AppError('LLM_REJECTED')) : embedder.embed(texts, purpose, signal),
  };
}

function withMetadata(source: DocumentSource, tell: () => Metadata): DocumentSource {
  return {
    ...source,
    async *scan(signal) {
      for await (const finding of source.scan(signal)) {
        if (finding.type === 'problem') yield finding;
        else yield { type: 'document', document: { ...finding.document, metadata: tell() } satisfies SourceDocument };
      }
    },
  };
}

/** As if the file had been written long before it was indexed. */
async function waitOut(rig: KnowledgeRig, id: string): Promise<void> {
  const record = (await rig.chunkStore.findDocuments('docs', [id])).get(id);
  if (record === undefined) throw new Error(`${id} is not recorded`);
  const { generation, bytes, modifiedAt, sourceVersion } = record;
  const touch = { type: 'touch', store: 'docs', id, generation, bytes, modifiedAt, sourceVersion } as const;
  await rig.chunkStore.commit('docs', [touch], Date.now() + 5_000);
}

async function untilCount(rig: KnowledgeRig, chunks: number): Promise<void> {
  while ((await rig.chunkStore.counts('docs')).chunks !== chunks) await new Promise((resolve) => setTimeout(resolve, 20));
}
