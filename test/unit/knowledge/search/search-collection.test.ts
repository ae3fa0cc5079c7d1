import t, { type Test } from 'tap';
import type { Metadata } from '../../../../src/base/metadata.js';
import { createCollectionSearch } from '../../../../src/knowledge/search/search-collection.js';
import type { VectorQuery, VectorStore } from '../../../../src/providers/vector-stores/contract.js';
import { defaultStore, openKnowledge } from '../../../support/knowledge-rig.js';
import { createSearchWorld } from '../../../support/search-world.js';

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
    for (const mode of ['vector', 'keyword', 'hybrid'] as const)
      t.match(await reader.search('penguins', 5, mode), [{ store: 'docs', documentId: 'a.txt', content: /Penguins/ }]);
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
  const { search, isForeign } = createCollectionSearch(SETTINGS, { store: 'shelf', chunkStore, vectorStore });
  t.equal(await isForeign(), true);
  const options = { limit: 5, threshold: 0.5, filter: undefined };
  const [found, ...others] = await search(Float32Array.of(1), options, SIGNAL);
  t.match(found, {
    score: 0.9,
    chunk: { store: 'shelf', documentId: '1', text: 'text', sourcePath: 'https://x.example/1', title: 'Title', index: 0, startLine: 0 },
  });
  t.same(others, []);
  t.match(asked, [['given', { topK: 5, withMetadata: true }]]);
  entries = [{ id: '2', score: 0.8 }];
  await t.rejects(search(Float32Array.of(1), options, SIGNAL), {
    code: 'INDEX_FAILED',
    message: /no text in 'body'.*document_stores\.shelf\.source\.text_field/,
  });
  const known = { collection: async () => ({ source: 'here', version: 1 }) };
  const ours = createCollectionSearch(SETTINGS, { store: 'shelf', chunkStore: known, vectorStore });
  t.equal(await ours.isForeign(), false, 'the chunk table has it');
});

/** What another program has put into the vector store, nearest first. */
function given(entries: readonly Metadata[], isForeign = true) {
  const hits = entries.map((metadata, index) => ({ id: `e${index}`, score: 0.9 - index / 10, metadata }));
  const vectorStore = { search: async () => ({ position: { source: '', version: 0 }, hits }) } as unknown as VectorStore;
  const chunkStore = { collection: async () => ({ source: isForeign ? '' : 's', version: 1 }) };
  return createCollectionSearch({ ...SETTINGS, collection: 'c', pathField: 'path' }, { store: 'docs', chunkStore, vectorStore });
}

t.test(
  'entries of a foreign collection are hits with what their fields say, as the filter and the threshold let them (RAG-06)',
  async (t) => {
    const world = await createSearchWorld([], {
      given: given([
        { body: 'one', title: 'One', path: 'one.md', year: 2023 },
        { body: 'two', year: 2024 },
        { body: 'three', year: 2024 },
      ]),
    });
    const search = (options: object = {}) => world.retriever.search('what', { stores: ['docs'], ...options }, new AbortController().signal);
    t.match((await search())[0], { store: 'docs', content: 'one', title: 'One', sourcePath: 'one.md', metadata: { year: 2023 } });
    t.same(await world.ids('what', { filter: { year: 2024 } }), ['e1:0', 'e2:0'], 'whatever the vector store makes of the filter');
    t.same(await world.ids('what', { threshold: 0.75 }), ['e0:0', 'e1:0']);
    t.same(await world.ids('what', { mode: 'hybrid' }), ['e0:0', 'e1:0', 'e2:0']);
    await t.rejects(search({ mode: 'keyword' }), {
      code: 'INDEX_FAILED',
      cause: { message: /searched by meaning only; set .*search\.mode to vector/ },
    });
    const silent = await createSearchWorld([], { given: given([{ other: 'field' }]) });
    await t.rejects(silent.ids('what'), { code: 'INDEX_FAILED', cause: { message: /have no text in 'body'/ } });
  },
);

t.test('a collection of the chunk table is searched whole, by meaning and by words, whatever stores its chunks are of', async (t) => {
  const documents = [
    { id: 'a', texts: ['The bell of the ship.'], store: 'one' },
    { id: 'b', texts: ['The crew of the ship.'], store: 'two' },
  ];
  const world = await createSearchWorld(documents, { given: given([], false) });
  for (const mode of ['vector', 'keyword', 'hybrid'] as const)
    t.same([...(await world.ids('the ship', { mode }))].sort(), ['a:0', 'b:0'], mode);
  t.same(await (await createSearchWorld(documents)).ids('the ship'), [], 'another store has none of them');
});

const SIGNAL = new AbortController().signal;
