import t, { type Test } from 'tap';
import type { Metadata } from '../../../src/base/metadata.js';
import { createCollectionSearch } from '../../../src/knowledge/collection-search.js';
import type { VectorQuery, VectorStore } from '../../../src/providers/vector-stores/contract.js';
import { defaultStore, openKnowledge } from '../../support/knowledge-rig.js';

const SETTINGS = {
  type: 'collection',
  collection: 'given',
  textField: 'body',
  titleField: 'title',
  pathField: 'from',
  maxFileBytes: 1,
} as const;

t.test(
  'a document store of type collection searches what another store has ingested, and ingests nothing itself (RAG-06)',
  async (t: Test) => {
    const filler = await openKnowledge(t);
    filler.write('a.txt', 'Penguins live in the southern hemisphere.');
    t.match(await filler.ingest(), { done: 1 });
    const reader = await filler.restart({ source: { ...SETTINGS, collection: 'docs' } });
    t.match(await reader.search('penguins'), [{ store: 'docs', documentId: 'a.txt', content: /Penguins/ }]);
    const other = await openKnowledge(t, { settings: { ...defaultStore(''), source: { ...SETTINGS, collection: 'empty' } } });
    t.match(await other.ingest(), { total: 0, removed: 0, error: undefined });
    t.same(await other.search('penguins'), []);
  },
);

t.test('a collection of the vector store itself brings its text as metadata (RAG-06)', async (t) => {
  const asked: [string, VectorQuery][] = [];
  let entries: readonly { id: string; score: number; metadata?: Metadata }[] = [
    { id: '1', score: 0.9, metadata: { body: 'text', title: 'Title', from: 'https://x.example/1' } },
    { id: '2', score: 0.8, metadata: { other: 'no text' } },
    { id: '3', score: 0.2, metadata: { body: 'far' } },
  ];
  const vectorStore = {
    async search(collection: string, query: VectorQuery) {
      asked.push([collection, query]);
      return { position: { source: '', version: 0 }, hits: entries };
    },
  } as unknown as VectorStore;
  const chunkStore = { collection: async () => ({ source: '', version: 0 }) };
  const search = createCollectionSearch(SETTINGS, { store: 'shelf', chunkStore, vectorStore });
  const query = { vector: Float32Array.of(1), limit: 5, threshold: 0.5 };
  t.same(await search(query, SIGNAL), [
    {
      ...{ store: 'shelf', documentId: '1', content: 'text', score: 0.9, sourcePath: 'https://x.example/1', title: 'Title' },
      ...{ chunkIndex: 0, startLine: 0, endLine: 0 },
    },
  ]);
  t.match(asked, [['given', { topK: 5, withMetadata: true }]]);
  entries = [{ id: '2', score: 0.8 }];
  await t.rejects(search(query, SIGNAL), {
    code: 'INDEX_FAILED',
    message: /no text in 'body'.*document_stores\.shelf\.source\.text_field/,
  });
  const known = { collection: async () => ({ source: 'here', version: 1 }) };
  const ours = createCollectionSearch(SETTINGS, { store: 'shelf', chunkStore: known, vectorStore });
  t.equal(await ours(query, SIGNAL), undefined, 'the chunk table has it');
});

const SIGNAL = new AbortController().signal;
