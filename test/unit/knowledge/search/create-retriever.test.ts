import t from 'tap';
import type { SearchSettings } from '../../../../src/config/search-settings.js';
import { chunkId, documentKey, type StoredChunk } from '../../../../src/knowledge/chunk-store.js';
import { createRetriever } from '../../../../src/knowledge/search/create-retriever.js';
import type { SearchableStore } from '../../../../src/knowledge/search/found-chunk.js';
import { silentLogger } from '../../../../src/observe/log.js';
import type { VectorQuery } from '../../../../src/providers/vector-stores/contract.js';

import { searchSettings } from '../../../support/search-settings.js';
import { createSteeredClock } from '../../../support/steered-clock.js';

const signal = new AbortController().signal;
const position = { source: 's', version: 1 };

interface Entry {
  readonly store: string;
  readonly id: string;
  readonly text: string;
  /** Angle to the query; 0 = equal. */
  readonly angle: number;
  /** What the index still believes, when it lags behind the table. */
  readonly indexedAngle?: number;
  readonly isGone?: boolean;
}

function open(
  entries: readonly Entry[],
  stores: Readonly<Record<string, Partial<SearchSettings> & Partial<Pick<SearchableStore, 'follower'>>>>,
) {
  const embedded: string[] = [];
  const asked: number[] = [];
  const chunkOf = (entry: Entry): StoredChunk => ({
    documentKey: documentKey(entry.store, entry.id),
    index: 0,
    store: entry.store,
    documentId: entry.id,
    title: entry.id,
    sourcePath: `/${entry.id}`,
    text: entry.text,
    startLine: 1,
    endLine: 1,
    place: {},
    metadata: {},
    vector: Float32Array.of(Math.cos(entry.angle), Math.sin(entry.angle)),
  });
  const idOf = (entry: Entry) => chunkId(documentKey(entry.store, entry.id), 0);
  const embedder = {
    provider: 'test',
    model: 'test',
    dimension: 2,
    batchSize: 1,
    async embed(texts: readonly string[], purpose: string) {
      embedded.push(`${purpose}: ${texts.join()}`);
      return [Float32Array.of(1, 0)];
    },
  };
  const follower = {
    async search({ topK }: VectorQuery) {
      asked.push(topK);
      const hits = entries.map((entry) => ({ id: idOf(entry), score: Math.cos(entry.indexedAngle ?? entry.angle) }));
      return { position, hits: hits.sort((a, b) => b.score - a.score).slice(0, topK) };
    },
  };
  const all = Object.entries(stores).map(([name, changed]): [string, SearchableStore] => [
    name,
    {
      name,
      collection: 'c',
      embedder,
      embedderFingerprint: 'e',
      vectorProvider: 'hnsw',
      follower,
      ...changed,
      search: searchSettings({ topK: 3, ...changed }),
    },
  ]);
  const chunkStore = {
    async chunks(_: string, __: string | undefined, ids: readonly string[]) {
      return entries.filter((entry) => !entry.isGone && ids.includes(idOf(entry))).map(chunkOf);
    },
    byWords: async () => ({ total: 0, holders: new Map(), matches: [] }),
  };
  return {
    retriever: createRetriever(new Map(all), { chunkStore, models: new Map(), clock: createSteeredClock(), log: silentLogger }),
    embedded,
    asked,
  };
}

const entry = (store: string, id: string, angle: number, more: Partial<Entry> = {}): Entry => ({
  store,
  id,
  text: `text of ${id}`,
  angle,
  ...more,
});

t.test('a query has 2 to 10,000 characters; stores must exist; no store, no hit (RAG-41)', async (t) => {
  const { retriever } = open([entry('a', 'x', 0)], { a: {} });
  for (const query of ['', ' x ', 'x'.repeat(10_001)])
    await t.rejects(retriever.search(query, { stores: ['a'] }, signal), { code: 'SEARCH_QUERY_INVALID' });
  await t.rejects(retriever.search('query', { stores: ['a', 'b'] }, signal), { code: 'DOCUMENT_STORE_NOT_FOUND', message: /'b'/ });
  t.same(await retriever.search('query', { stores: [] }, signal), []);
  t.equal((await retriever.search('xy', { stores: ['a'] }, signal)).length, 1);
});

t.test('limit and threshold come from the store, or from the query (RAG-40)', async (t) => {
  const { retriever } = open(
    [0.1, 0.2, 0.3, 0.4, 1.2].map((angle, index) => entry('a', `d${index}`, angle)),
    { a: { threshold: 0.5 } },
  );
  const ids = async (options: object) =>
    (await retriever.search('query', { stores: ['a'], ...options }, signal)).map((hit) => hit.documentId);
  t.same(await ids({}), ['d0', 'd1', 'd2']);
  t.same(await ids({ limit: 10 }), ['d0', 'd1', 'd2', 'd3']);
  t.same(await ids({ limit: 10, threshold: 0 }), ['d0', 'd1', 'd2', 'd3', 'd4']);
  t.same(await ids({ threshold: 0.99 }), ['d0']);
});

t.test('hits of several stores are merged by score; the query is embedded once', async (t) => {
  const { retriever, embedded } = open(
    [entry('a', 'a1', 0.3), entry('b', 'b1', 0.1), entry('a', 'a2', 0.2), entry('b', 'same', 0.5, { text: 'text of a1' })],
    { a: {}, b: {} },
  );
  const hits = await retriever.search('query', { stores: ['a', 'b', 'a'], limit: 10 }, signal);
  t.same(
    hits.map((hit) => hit.documentId),
    ['b1', 'a2', 'a1'],
    'of equal texts the nearest stays',
  );
  t.same(embedded, ['query: query']);
});

t.test('entries of other stores in the same collection do not take the places of hits', async (t) => {
  const crowd = Array.from({ length: 200 }, (_, index) => entry('b', `b${index}`, 0.001 * index));
  const { retriever, asked } = open([...crowd, entry('a', 'a1', 1), entry('a', 'a2', 1.1)], { a: {}, b: {} });
  t.same(
    (await retriever.search('query', { stores: ['a'] }, signal)).map((hit) => hit.documentId),
    ['a1', 'a2'],
  );
  t.ok(asked.length > 1 && asked.length < 5);
});

t.test('while the index lags behind the table, texts have their own scores and retired chunks are no hits', async (t) => {
  const { retriever } = open(
    [entry('a', 'moved', 1.5, { indexedAngle: 0 }), entry('a', 'gone', 0, { isGone: true }), entry('a', 'still', 0.5)],
    { a: {} },
  );
  const hits = await retriever.search('query', { stores: ['a'] }, signal);
  t.same(
    hits.map((hit) => hit.documentId),
    ['still', 'moved'],
  );
  t.ok((hits[1]?.score ?? 1) < 0.1);
});

t.test('one failing store does not silence the others; when all fail the search fails', async (t) => {
  const broken = { follower: { search: () => Promise.reject(new Error('index is on fire')) } };
  const { retriever } = open([entry('a', 'x', 0)], { a: {}, b: broken });
  t.equal((await retriever.search('query', { stores: ['a', 'b'] }, signal)).length, 1);
  await t.rejects(retriever.search('query', { stores: ['b'] }, signal), {
    code: 'INDEX_FAILED',
    message: /\(b\)/,
    cause: { message: 'index is on fire' },
  });
  await t.rejects(retriever.search('query', { stores: ['a'] }, AbortSignal.abort(new Error('stop'))), { message: 'stop' });
});
