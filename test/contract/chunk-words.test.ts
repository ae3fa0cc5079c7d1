/** Full text of chunks: every database finds the same chunks, in the same order, and none takes a query for syntax (RAG-45, W-80). */
import t from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { chunkId, documentKey, type IndexDocument } from '../../src/knowledge/chunk-store.js';
import type { CommitFence } from '../../src/knowledge/runs/ingest-fence.js';
import { queryWords } from '../../src/knowledge/search/chunk-words.js';
import { rankKeywords } from '../../src/knowledge/search/rank-keywords.js';
import { createKnowledgeStore } from '../../src/storage/sql/knowledge-store.js';
import { migrate } from '../../src/storage/sql/migrate.js';
import { forEachDialect } from '../support/temp-database.js';

const TEXTS: Readonly<Record<string, readonly string[]>> = {
  'refunds.md': [
    'A cancelled sailing is refunded in full.',
    'The ferry company pays refunds within five days of the cancellation of the sailing.',
  ],
  'bell.md': ['The bell of the ship weighs three hundred kilograms.'],
  'cafe.md': ['Das Café Müller öffnet um acht.', 'In the morning the CAFE is open for the crew of the ship.'],
  'jp.md': ['東京の天気は晴れです。'],
  'code.ts': ['export function retryDocument(options) { return tryAgain(options); }'],
  'odd.txt': [
    `near "quotes" AND (brackets) OR NOT *stars* 'apostrophes' -minus +plus col:on; DROP TABLE chunks; -- 100% under_score \\ back`,
  ],
  ...Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [`filler-${index}.md`, [`The ship of the line number ${index} sails in the morning.`]]),
  ),
};

/** Each finds `first` before all others. */
const QUESTIONS: readonly (readonly [query: string, first: string])[] = [
  ['How much does the bell weigh?', 'bell.md:0'],
  ['refund of a cancelled sailing', 'refunds.md:0'],
  ['within five days', 'refunds.md:1'],
  ['müller', 'cafe.md:0'],
  ['when is the cafe for the crew open', 'cafe.md:1'],
  ['天気', 'jp.md:0'],
  ['retry', 'code.ts:0'],
  ['RETRYDOCUMENT', 'code.ts:0'],
  ['col:on', 'odd.txt:0'],
];

/** What some database reads as an operator, a column, a prefix, a phrase, a comment or the end of a text. */
const HOSTILE = [
  '"',
  "'",
  '""',
  "''; DROP TABLE chunks; --",
  '*',
  'ship*',
  '^ship',
  'words:ship',
  'NEAR(ship bell, 2)',
  'ship AND',
  'AND OR NOT',
  '(ship',
  'ship)',
  '-ship',
  '+ship -bell',
  '~ship',
  '<ship >bell',
  '@8',
  'ship & | ! bell',
  "ship' | 'bell",
  'ship:*',
  'ship <-> bell',
  '{words} : ship',
  '\\',
  '\u0000ship',
  '%',
  '_',
  '🚢',
  'ship\u200bbell',
  '\ud800',
  'x'.repeat(9_000),
  'a b c d e f g h i j k l m n o p q r s t u v w x y z 1 2 3 4 5 6 7 8 9 0 '.repeat(5),
  '½ ② ፩ Ⅷ ﬁ ß İ ı',
];

/** What each database has found. */
const orders: unknown[] = [];

forEachDialect(t, async (t, createOpenTemp) => {
  const rig = async (t: Parameters<typeof createOpenTemp>[0]) => {
    const database = await (await createOpenTemp(t)()).open();
    const store = createKnowledgeStore(database);
    const names = new Map<string, string>();
    const add = async (name: string, id: string, texts: readonly string[], generation = 0) => {
      for (const [place] of texts.entries()) names.set(chunkId(documentKey(name, id), place), `${id}:${place}`);
      return await store.commit('c', [index(name, id, generation, texts)], 1);
    };
    const find = async (query: string, name = 'docs', documentIds?: readonly string[]) => {
      const words = queryWords(query);
      const ranked = rankKeywords(words, await store.byWords({ store: name, words, documentIds, limit: 50 }));
      return ranked.map(({ id, score }) => ({ id: names.get(id) ?? id, score }));
    };
    return { database, store, add, find, ids: async (...request: Parameters<typeof find>) => (await find(...request)).map(({ id }) => id) };
  };

  await t.test('a chunk is found by its words, the best first, as in every other database (RAG-45)', async (t) => {
    const { store, add, find, ids } = await rig(t);
    for (const [id, texts] of Object.entries(TEXTS)) await add('docs', id, texts);
    await add('other', 'bell.md', ['The bell of another store weighs nothing.']);
    for (const [query, first] of QUESTIONS) t.equal((await ids(query))[0], first, query);
    const order = await find('the ship of the morning crew bell');
    orders.push(order);
    t.ok(order.length > 10 && order.every(({ score }, place) => score > 0 && score <= (order[place - 1]?.score ?? 1)));
    t.same(order, orders[0]);
    t.same(await ids('zebra'), []);
    t.same(await ids('the bell', 'nobody'), []);
    t.same(await ids('bell', 'other'), ['bell.md:0'], 'a store has its own chunks only');
    t.same(await ids('the ship', 'docs', ['bell.md', 'cafe.md']), ['bell.md:0', 'cafe.md:1'], 'of some documents');
    t.same(await ids('the ship', 'docs', []), []);

    const words = queryWords('bell');
    const inCollection = await store.byWords({ collection: 'c', words, limit: 50 });
    t.same(
      inCollection.matches.map(({ documentKey: key }) => key).sort(),
      ['docs', 'other'].map((name) => documentKey(name, 'bell.md')).sort(),
      'a collection has those of all stores in it',
    );
    t.same((await store.byWords({ collection: 'd', words, limit: 50 })).matches, []);

    for (const query of HOSTILE) await t.resolves(find(query), JSON.stringify(query.slice(0, 40)));
    t.same(await ids('-bell +crew'), await ids('bell crew'));
    t.equal((await ids(TEXTS['odd.txt']?.[0] ?? ''))[0], 'odd.txt:0');
    t.same(await ids('shi*'), [], 'a star is no star');
  });

  await t.test(
    'words come and go with the chunks, in their transaction: a new generation, a removal, a stale change, a rollback',
    async (t) => {
      const { database, store, add, ids } = await rig(t);
      await add('docs', 'a', ['one apple', 'two apples', 'three pears']);
      await add('docs', 'b', ['an apple of another document']);
      t.same((await ids('apple')).sort(), ['a:0', 'a:1', 'b:0']);
      await add('docs', 'a', ['one plum'], 1);
      t.same(await ids('apple'), ['b:0']);
      t.same(await ids('pear'), []);
      t.same(await ids('plum'), ['a:0']);
      t.same(await add('docs', 'a', ['stale cherries'], 1), ['stale']);
      t.same(await ids('cherry'), []);
      const lost = store.commit('c', [index('docs', 'a', 2, ['lost grapes'])], 1, NO_BATCH);
      await t.rejects(lost);
      t.same(await ids('grape'), [], 'what is rolled back has no words');
      t.same(await ids('plum'), ['a:0']);
      await store.commit('c', [{ type: 'remove', store: 'docs', id: 'a', generation: 2 }], 2);
      t.same(await ids('plum'), []);
      t.same(await database.read({ sql: 'SELECT document_key FROM chunk_words', parameters: [] }), [
        { document_key: documentKey('docs', 'b') },
      ]);
    },
  );

  await t.test('chunks from before are indexed by the migration, also when it was interrupted', async (t) => {
    const { database, add, ids } = await rig(t);
    for (const [id, texts] of Object.entries(TEXTS)) await add('docs', id, texts);
    const expected = await ids('the ship of the morning crew bell');
    await database.transact(function* () {
      yield { sql: 'DELETE FROM chunk_words WHERE chunk_index = ? OR document_key < ?', parameters: [0, '8'] };
      yield { sql: 'DELETE FROM schema_migrations WHERE number >= ?', parameters: [12] };
    });
    t.not((await ids('the ship of the morning crew bell')).length, expected.length);
    await migrate(database, { clock: systemClock, label: 'test' });
    t.same(await ids('the ship of the morning crew bell'), expected);
    t.equal((await database.read({ sql: 'SELECT entry FROM chunk_words', parameters: [] })).length, Object.values(TEXTS).flat().length);
  });
});

function index(store: string, id: string, generation: number, texts: readonly string[]): IndexDocument {
  return {
    ...{ type: 'index', store, id, generation, contentHash: `hash-${id}`, pipeline: 'p', embedder: 'e1', bytes: 10, modifiedAt: 1 },
    ...{ sourceVersion: '', title: '', sourcePath: `/docs/${id}`, metadata: {} },
    chunks: texts.map((text) => ({ text, startLine: 1, endLine: 1, place: {}, vector: Float32Array.of(1, 0) })),
  };
}

const NO_BATCH: CommitFence = { type: 'batch', run: 'nobody', number: 0, epoch: 1, left: [] };
