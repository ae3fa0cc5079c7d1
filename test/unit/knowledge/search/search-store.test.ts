import t from 'tap';
import { AppError } from '../../../../src/base/errors.js';
import { embedHashed } from '../../../support/hashed-embedder.js';
import { recordLog } from '../../../support/record-log.js';
import { createSearchWorld, type WorldDocument } from '../../../support/search-world.js';

const DOCUMENTS: readonly WorldDocument[] = [
  { id: 'refunds', texts: ['A cancelled sailing is refunded in full within five days.'], metadata: { department: 'sales', year: 2023 } },
  { id: 'bell', texts: ['The bell of the ship weighs three hundred kilograms.'], metadata: { department: 'deck', year: 2024 } },
  { id: 'E-4711', texts: ['Error code ZX81 means that the pump has lost its pressure.'], metadata: { department: 'engine', year: 2024 } },
  {
    id: 'crew',
    texts: ['The crew of the ship sleeps below deck.', 'The crew eats at noon.'],
    metadata: { department: 'deck', year: 2025 },
  },
];

t.test('a store is searched by meaning, by words, or by both, as it says or as it is asked (RAG-45, W-80)', async (t) => {
  const world = await createSearchWorld(DOCUMENTS, { settings: { topK: 3 } });
  t.equal((await world.ids('refund for a cancelled sailing'))[0], 'refunds:0');
  t.same(world.embedded, ['query: refund for a cancelled sailing']);
  t.same(await world.ids('ZX81', { mode: 'keyword' }), ['E-4711:0'], 'chunks without one of the words are no hits');
  t.equal(world.embedded.length, 1, 'words need no vector');
  t.same(await world.ids('?!', { mode: 'keyword' }), []);
  const hybrid = await world.ids('zx81 pump', { mode: 'hybrid' });
  t.equal(hybrid[0], 'E-4711:0');
  t.equal(hybrid.length, 3);
  const [hit] = await world.retriever.search('zx81 pressure', { stores: ['docs'], mode: 'hybrid' }, new AbortController().signal);
  t.equal(hit?.score, 1, 'first by both');

  const byWords = await createSearchWorld(DOCUMENTS, { settings: { mode: 'keyword' } });
  t.same(await byWords.ids('bell'), ['bell:0']);
  t.same(byWords.embedded, []);
});

t.test('hybrid: weights decide whose first place counts more', async (t) => {
  const ids = async (vectorWeight: number, keywordWeight: number) =>
    await (await createSearchWorld(DOCUMENTS, { settings: { mode: 'hybrid', vectorWeight, keywordWeight } })).ids('noon crew below deck');
  t.same((await ids(1, 0)).length, 5);
  t.same(
    (await ids(0, 1)).every((id) => ['crew:0', 'crew:1'].includes(id)),
    true,
    'what counts nothing brings nothing',
  );
});

t.test('a filter holds in every mode, also while the index does not know the metadata yet', async (t) => {
  for (const indexIgnoresFilters of [false, true]) {
    const world = await createSearchWorld(DOCUMENTS, { indexIgnoresFilters });
    for (const mode of ['vector', 'keyword', 'hybrid'] as const) {
      const ids = async (filter: Parameters<typeof world.ids>[1]) =>
        [...(await world.ids('the ship, its crew and the bell', { mode, ...filter }))].sort();
      t.same(await ids({ filter: { department: 'deck' } }), ['bell:0', 'crew:0', 'crew:1'], mode);
      t.same(await ids({ filter: { department: 'deck', year: { gt: 2024 } } }), ['crew:0', 'crew:1']);
      t.same(await ids({ filter: { document_id: ['bell', 'nobody'] } }), ['bell:0']);
      t.same(await ids({ filter: { department: 'kitchen' } }), []);
    }
  }
});

t.test('hybrid: a hit reaches the threshold by meaning or by words', async (t) => {
  const world = await createSearchWorld(DOCUMENTS, { settings: { mode: 'hybrid', threshold: 0.25 } });
  t.same(await world.ids('ZX81'), ['E-4711:0']);
  t.same(await world.ids('ZX81', { threshold: 1 }), []);
});

t.test('hybrid: when one half fails the other answers; when both do, so does the search', async (t) => {
  const { log, lines } = recordLog();
  const broken = { ...embedHashed() };
  const world = await createSearchWorld(DOCUMENTS, { log, settings: { mode: 'hybrid' }, embedder: broken });
  const failing = await createSearchWorld(DOCUMENTS, {
    log,
    settings: { mode: 'hybrid' },
    embedder: {
      ...broken,
      embed: async (texts, purpose, signal) => {
        if (purpose === 'query') throw new AppError('EMBEDDER_UNAVAILABLE');
        return await broken.embed(texts, purpose, signal);
      },
    },
  });
  t.equal((await world.ids('bell'))[0], 'bell:0');
  t.same(lines, []);
  t.same(await failing.ids('bell'), ['bell:0']);
  t.match(lines.join(''), /half of a hybrid search failed/);
  await t.rejects(failing.ids('bell', { mode: 'vector' }), { code: 'INDEX_FAILED' });
});

t.test('a hit tells where it stands and what is known of it', async (t) => {
  const place = { startPage: 3, endPage: 4, section: 'Terms > Refunds', functionName: 'pay' };
  const world = await createSearchWorld([{ id: 'a', texts: ['one text'], metadata: { year: 2024 }, place, title: 'A' }]);
  const [hit] = await world.retriever.search('one text', { stores: ['docs'] }, new AbortController().signal);
  t.match(hit, { store: 'docs', documentId: 'a', title: 'A', startPage: 3, endPage: 4, section: 'Terms > Refunds' });
  t.same(hit?.metadata, { year: 2024, functionName: 'pay' });
});
