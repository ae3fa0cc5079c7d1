/** What every vector store must keep (VEC-07). */
import type { Test } from 'tap';
import type { Metadata, MetadataFilter } from '../../src/base/metadata.js';
import type { VectorEntry, VectorStore } from '../../src/providers/vector-stores/contract.js';

export interface VectorStoreTraits {
  /** All collections of one store have vectors of one length. */
  readonly hasOneDimension?: boolean;
}

/** `open` gives a store; called again it gives one that knows only what survived. */
export function vectorStoreContract(
  t: Test,
  createOpen: (t: Test) => () => Promise<VectorStore>,
  { hasOneDimension = false }: VectorStoreTraits = {},
): void {
  const never = new AbortController().signal;

  t.test('the nearest come first, with cosine as score from 0 to 1', async (t) => {
    const store = await createOpen(t)();
    await store.upsert('c', [entry('x', [1, 0, 0]), entry('y', [0, 1, 0]), entry('near x', [0.8, 0.6, 0]), entry('against x', [-1, 0, 0])]);
    const { hits } = await store.search('c', { vector: Float32Array.of(1, 0, 0), topK: 4 }, never);
    t.same(
      hits.slice(0, 2).map((hit) => hit.id),
      ['x', 'near x'],
    );
    t.ok(Math.abs((hits[0]?.score ?? 0) - 1) < 1e-6 && Math.abs((hits[1]?.score ?? 0) - 0.8) < 1e-6);
    t.ok(hits.every((hit) => hit.score >= 0 && hit.score <= 1));
    t.equal((await store.search('c', { vector: Float32Array.of(1, 0, 0), topK: 2 }, never)).hits.length, 2);
    t.equal((await store.search('c', { vector: Float32Array.of(1, 0, 0), topK: 1000 }, never)).hits.length, 4);
  });

  t.test('upsert replaces, remove takes away, unknown ids and empty lists are no error', async (t) => {
    const store = await createOpen(t)();
    await store.upsert('c', [entry('a', [1, 0]), entry('b', [0, 1])]);
    await store.upsert('c', [entry('a', [0, -1])]);
    t.equal(await store.count('c'), 2);
    t.same(
      (await store.search('c', { vector: Float32Array.of(0, -1), topK: 1 })).hits.map((hit) => hit.id),
      ['a'],
    );
    await store.remove('c', ['a', 'nobody']);
    await store.remove('c', []);
    await store.upsert('c', []);
    t.equal(await store.count('c'), 1);
    t.same(
      (await store.search('c', { vector: Float32Array.of(0, -1), topK: 5 })).hits.map((hit) => hit.id),
      ['b'],
    );
    await store.remove('c', ['b']);
    t.same((await store.search('c', { vector: Float32Array.of(0, -1), topK: 5 })).hits, []);
  });

  t.test('collections are apart; an unknown one is empty; a dropped one is forgotten', async (t) => {
    const store = await createOpen(t)();
    await store.upsert('one', [entry('a', [1, 0])]);
    await store.upsert('two/with: odd ☃ name', [entry('b', hasOneDimension ? [0, 1] : [1, 0, 0])]);
    t.same(
      (await store.search('one', { vector: Float32Array.of(1, 0), topK: 9 })).hits.map((hit) => hit.id),
      ['a'],
    );
    t.same((await store.search('nothing', { vector: Float32Array.of(1, 0), topK: 9 })).hits, []);
    await store.markPosition('one', { source: 's', version: 3 });
    await store.dropCollection('one');
    t.equal(await store.count('one'), 0);
    t.same(await store.position('one'), { source: '', version: 0 });
    await store.upsert('one', [entry('a', hasOneDimension ? [1, 0] : [1, 0, 0, 0])]);
    t.equal(await store.count('one'), 1, 'a new beginning may have another dimension');
  });

  t.test('a vector of another length is refused and changes nothing', async (t) => {
    const store = await createOpen(t)();
    await store.upsert('c', [entry('a', [1, 0, 0])]);
    await t.rejects(store.upsert('c', [entry('b', [1, 0])]), { code: 'INDEX_FAILED', message: /3 numbers.*2/ });
    await t.rejects(store.search('c', { vector: Float32Array.of(1, 0), topK: 1 }), { code: 'INDEX_FAILED' });
    t.equal((await store.search('c', { vector: Float32Array.of(1, 0, 0), topK: 1 })).hits.length, 1);
  });

  t.test('what was flushed is there after a restart, with its position', async (t) => {
    const open = createOpen(t);
    const store = await open();
    await store.upsert(
      'c',
      Array.from({ length: 50 }, (_, index) => entry(`v${index}`, [Math.cos(index), Math.sin(index)])),
    );
    await store.remove('c', ['v3']);
    await store.markPosition('c', { source: 'table', version: 7 });
    await store.flush('c');
    await store.close();
    const again = await open();
    t.same(await again.position('c'), { source: 'table', version: 7 });
    t.equal(await again.count('c'), 49);
    const found = await again.search('c', { vector: Float32Array.of(Math.cos(20), Math.sin(20)), topK: 1 });
    t.same([found.hits[0]?.id, found.position.version], ['v20', 7]);
    await again.upsert('c', [entry('new', [0.6, 0.8])]);
    t.equal(await again.count('c'), 50);
  });

  t.test('entries that share a vector come and go one by one, also after a restart', async (t) => {
    const open = createOpen(t);
    const store = await open();
    await store.upsert('c', [entry('a', [1, 0]), entry('b', [1, 0]), entry('c', [1, 0]), entry('other', [0, 1])]);
    await store.upsert('c', [entry('a', [0, 1])]);
    await store.remove('c', ['b']);
    await store.markPosition('c', { source: 'table', version: 1 });
    await store.flush('c');
    const again = await open();
    // A shared store has one collection for both.
    for (const each of store.isShared === true ? [again] : [store, again]) {
      t.equal(await each.count('c'), 3);
      t.match((await each.search('c', { vector: Float32Array.of(1, 0), topK: 1 })).hits, [{ id: 'c', score: 1 }]);
      t.same(idsOf((await each.search('c', { vector: Float32Array.of(0, 1), topK: 2 })).hits).sort(), ['a', 'other']);
      await each.remove('c', ['c']);
      t.notOk(idsOf((await each.search('c', { vector: Float32Array.of(1, 0), topK: 9 })).hits).includes('c'));
      await each.upsert('c', [entry('new', [1, 0])]);
      t.match((await each.search('c', { vector: Float32Array.of(1, 0), topK: 1 })).hits, [{ id: 'new', score: 1 }]);
    }
  });
}

/** For stores that look for the nearest in graphs of our making: no entry gets lost in them. */
export function vectorStoreRecallContract(t: Test, createOpen: (t: Test) => () => Promise<VectorStore>): void {
  t.test('replacing everything many times loses nothing', { timeout: 60_000 }, async (t) => {
    const store = await createOpen(t)();
    const at = (round: number, index: number) => unit(32, round * 1000 + index);
    for (let round = 0; round < 6; round++) {
      await store.upsert(
        'c',
        Array.from({ length: 400 }, (_, index) => ({ id: `v${index}`, vector: at(round, index), metadata: {} })),
      );
    }
    t.equal(await store.count('c'), 400);
    let found = 0;
    for (let index = 0; index < 400; index += 10) {
      const { hits } = await store.search('c', { vector: at(5, index), topK: 1 });
      if (hits[0]?.id === `v${index}` && hits[0].score > 0.999) found += 1;
    }
    t.equal(found, 40);
  });

  for (const [what, noise, least] of [
    ['equal', 0, 0.95],
    ['nearly equal', 1e-4, 0.9],
  ] as const)
    for (const others of [600, 2_400])
      t.test(
        `${others} entries are found beside 300 ${what} ones, and when those are gone and back again`,
        { timeout: 60_000 },
        async (t) => {
          const store = await createOpen(t)();
          const unique = entries('u', others, (index) => unit(32, index));
          const copies = entries('copy', 300, (index) => nearly(unit(32, 999_999), noise, index));
          await store.upsert('c', copies);
          await store.upsert('c', unique);
          t.ok((await recall(store, [...copies, ...unique])) > least, 'copies first');
          await store.remove('c', idsOf(copies));
          t.ok((await recall(store, unique)) > least, 'without copies');
          await store.upsert('c', copies);
          t.ok((await recall(store, [...copies, ...unique])) > least, 'copies last');
          t.equal(await store.count('c'), others + 300);
          t.equal(
            (await store.search('c', { vector: copies[0]?.vector as Float32Array, topK: 300 })).hits.filter(({ id }) =>
              id.startsWith('copy'),
            ).length,
            300,
          );
        },
      );

  t.test('as many as are asked for are found when there are as many', { timeout: 60_000 }, async (t) => {
    const store = await createOpen(t)();
    // So near to each other that nothing but their order tells them apart.
    await store.upsert(
      'c',
      entries('v', 2_500, (index) => nearly(unit(32, 1), 1e-7, index)),
    );
    for (const topK of [10, 500, 2_500]) t.equal((await store.search('c', { vector: unit(32, 2), topK: topK })).hits.length, topK);
  });
}

/** VEC-07 by metadata: for stores that keep it with their entries. */
export function vectorStoreFilterContract(t: Test, createOpen: (t: Test) => () => Promise<VectorStore>): void {
  const documents = Array.from({ length: 600 }, (_, index) => ({
    id: `v${index}`,
    vector: unit(32, index),
    metadata: { store: index % 3 === 0 ? 'books' : 'letters', document_id: `d${index >> 3}`, page: index % 40, isDraft: index % 50 === 0 },
  }));
  const filled = async (open: () => Promise<VectorStore>) => {
    const store = await open();
    await store.upsert('c', documents);
    return store;
  };
  const ask = async (store: VectorStore, filter: MetadataFilter, topK = 10) =>
    idsOf((await store.search('c', { vector: unit(32, 90_001), topK, filter })).hits);
  const expected = (keep: (document: (typeof documents)[number]) => boolean, topK = 10) =>
    documents
      .filter(keep)
      .map(({ id, vector }) => ({ id, score: scoreOf(vector, unit(32, 90_001)) }))
      // Scores below 0 are all 0: which of those come is nobody's business.
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, topK)
      .map(({ id }) => id);

  t.test('the nearest of those that a filter matches are found, however few or many they are (VEC-07)', async (t) => {
    const store = await filled(createOpen(t));
    t.same(
      await ask(store, {}),
      expected(() => true),
    );
    t.same(
      await ask(store, { store: 'books' }),
      expected(({ metadata }) => metadata.store === 'books'),
    );
    t.same(
      await ask(store, { isDraft: true }, 3),
      expected(({ metadata }) => metadata.isDraft, 3),
    );
    t.same(
      await ask(store, { document_id: ['d7', 'd70'], page: { gte: 5, lt: 30 } }, 4),
      expected(({ metadata }) => ['d7', 'd70'].includes(metadata.document_id) && metadata.page >= 5 && metadata.page < 30, 4),
    );
    t.same(await ask(store, { store: 'nobody' }), []);
    t.same(await ask(store, { unknown: 1 }), []);
    t.equal((await store.search('c', { vector: unit(32, 5), topK: 600, filter: { store: 'books' } })).hits.length, 200);
  });

  t.test('metadata is replaced with its entry, and there after a restart (VEC-07)', async (t) => {
    const open = createOpen(t);
    const store = await filled(open);
    const first = documents[0] as (typeof documents)[number];
    await store.upsert('c', [{ ...first, metadata: { store: 'archive' } }]);
    await store.markPosition('c', { source: 'table', version: 1 });
    await store.flush('c');
    await store.close();
    for (const each of store.isShared === true ? [await open()] : [store, await open()]) {
      t.equal(await each.count('c'), 600);
      t.same(idsOf((await each.search('c', { vector: first.vector, topK: 5, filter: { store: 'archive' } })).hits), ['v0']);
      t.notOk((await ask(each, { store: 'books' }, 200)).includes('v0'));
    }
  });

  t.test('what a filter matches is removed, and nothing else (VEC-07)', async (t) => {
    const store = await filled(createOpen(t));
    await store.removeWhere('c', { store: 'books', page: { lt: 20 } });
    const isLeft = ({ metadata }: (typeof documents)[number]) => !(metadata.store === 'books' && metadata.page < 20);
    t.equal(await store.count('c'), documents.filter(isLeft).length);
    t.same(await ask(store, {}), expected(isLeft));
    await store.removeWhere('c', { store: 'nobody' });
    t.equal(await store.count('c'), documents.filter(isLeft).length);
    await store.removeWhere('c', {});
    t.equal(await store.count('c'), 0);
    t.same(await ask(store, {}), []);
    await store.removeWhere('nothing', {});
  });
}

type Entry = Parameters<VectorStore['upsert']>[1][number];

function entries(name: string, count: number, vector: (index: number) => Float32Array): readonly Entry[] {
  return Array.from({ length: count }, (_, index) => ({ id: `${name}${index}`, vector: vector(index), metadata: {} }));
}

function idsOf(entries: readonly { readonly id: string }[]): string[] {
  return entries.map(({ id }) => id);
}

function nearly(vector: Float32Array, noise: number, seed: number): Float32Array {
  if (noise === 0) return vector;
  const shift = unit(vector.length, seed + 5_000_000);
  const moved = vector.map((value, at) => value + noise * (shift[at] as number));
  const length = Math.hypot(...moved);
  return moved.map((value) => value / length);
}

/** Share of the true nearest ten that is found. Of equal scores any will do. */
async function recall(store: VectorStore, all: readonly Entry[]): Promise<number> {
  const queries = Array.from({ length: 40 }, (_, index) => unit(32, 70_000 + index));
  let found = 0;
  for (const query of queries) {
    const tenth = all.map(({ vector }) => scoreOf(vector, query)).sort((a, b) => b - a)[9] as number;
    const { hits } = await store.search('c', { vector: query, topK: 10 });
    found += hits.filter((hit) => hit.score >= tenth - 1e-6).length;
  }
  return found / (queries.length * 10);
}

function scoreOf(vector: Float32Array, query: Float32Array): number {
  return vector.reduce((sum, value, at) => sum + value * (query[at] as number), 0);
}

function entry(id: string, values: readonly number[], metadata: Metadata = {}): VectorEntry {
  return { id, vector: Float32Array.from(values), metadata };
}

/** A unit vector that is the same for the same seed. */
export function unit(dimension: number, seed: number): Float32Array {
  let state = seed * 2654435761 + 1;
  const vector = Float32Array.from({ length: dimension }, () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0;
    return (state >>> 0) / 2 ** 32 - 0.5;
  });
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
