/** What every vector store must keep (VEC-07). */
import type { Test } from 'tap';
import type { VectorStore } from '../../src/providers/vector-stores/contract.js';

/** `open` gives a store; called again it gives one that knows only what survived. */
export function vectorStoreContract(t: Test, createOpen: (t: Test) => () => Promise<VectorStore>): void {
  const never = new AbortController().signal;

  t.test('the nearest come first, with cosine as score from 0 to 1', async (t) => {
    const store = await createOpen(t)();
    await store.upsert('c', [entry('x', [1, 0, 0]), entry('y', [0, 1, 0]), entry('near x', [0.8, 0.6, 0]), entry('against x', [-1, 0, 0])]);
    const { hits } = await store.search('c', Float32Array.of(1, 0, 0), 4, never);
    t.same(
      hits.slice(0, 2).map((hit) => hit.id),
      ['x', 'near x'],
    );
    t.ok(Math.abs((hits[0]?.score ?? 0) - 1) < 1e-6 && Math.abs((hits[1]?.score ?? 0) - 0.8) < 1e-6);
    t.ok(hits.every((hit) => hit.score >= 0 && hit.score <= 1));
    t.equal((await store.search('c', Float32Array.of(1, 0, 0), 2, never)).hits.length, 2);
    t.equal((await store.search('c', Float32Array.of(1, 0, 0), 1000, never)).hits.length, 4);
  });

  t.test('upsert replaces, remove takes away, unknown ids and empty lists are no error', async (t) => {
    const store = await createOpen(t)();
    await store.upsert('c', [entry('a', [1, 0]), entry('b', [0, 1])]);
    await store.upsert('c', [entry('a', [0, -1])]);
    t.equal(await store.count('c'), 2);
    t.same(
      (await store.search('c', Float32Array.of(0, -1), 1)).hits.map((hit) => hit.id),
      ['a'],
    );
    await store.remove('c', ['a', 'nobody']);
    await store.remove('c', []);
    await store.upsert('c', []);
    t.equal(await store.count('c'), 1);
    t.same(
      (await store.search('c', Float32Array.of(0, -1), 5)).hits.map((hit) => hit.id),
      ['b'],
    );
    await store.remove('c', ['b']);
    t.same((await store.search('c', Float32Array.of(0, -1), 5)).hits, []);
  });

  t.test('collections are apart; an unknown one is empty; a dropped one is forgotten', async (t) => {
    const store = await createOpen(t)();
    await store.upsert('one', [entry('a', [1, 0])]);
    await store.upsert('two/with: odd ☃ name', [entry('b', [1, 0, 0])]);
    t.same(
      (await store.search('one', Float32Array.of(1, 0), 9)).hits.map((hit) => hit.id),
      ['a'],
    );
    t.same((await store.search('nothing', Float32Array.of(1, 0), 9)).hits, []);
    await store.markPosition('one', { source: 's', version: 3 });
    await store.dropCollection('one');
    t.equal(await store.count('one'), 0);
    t.same(await store.position('one'), { source: '', version: 0 });
    await store.upsert('one', [entry('a', [1, 0, 0, 0])]);
    t.equal(await store.count('one'), 1, 'a new beginning may have another dimension');
  });

  t.test('a vector of another length is refused and changes nothing', async (t) => {
    const store = await createOpen(t)();
    await store.upsert('c', [entry('a', [1, 0, 0])]);
    await t.rejects(store.upsert('c', [entry('b', [1, 0])]), { code: 'INDEX_FAILED', message: /3 numbers.*2/ });
    await t.rejects(store.search('c', Float32Array.of(1, 0), 1), { code: 'INDEX_FAILED' });
    t.equal((await store.search('c', Float32Array.of(1, 0, 0), 1)).hits.length, 1);
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
    const found = await again.search('c', Float32Array.of(Math.cos(20), Math.sin(20)), 1);
    t.same([found.hits[0]?.id, found.position.version], ['v20', 7]);
    await again.upsert('c', [entry('new', [0.6, 0.8])]);
    t.equal(await again.count('c'), 50);
  });

  t.test('replacing everything many times loses nothing', { timeout: 60_000 }, async (t) => {
    const store = await createOpen(t)();
    const at = (round: number, index: number) => unit(32, round * 1000 + index);
    for (let round = 0; round < 6; round++) {
      await store.upsert(
        'c',
        Array.from({ length: 400 }, (_, index) => ({ id: `v${index}`, vector: at(round, index) })),
      );
    }
    t.equal(await store.count('c'), 400);
    let found = 0;
    for (let index = 0; index < 400; index += 10) {
      const { hits } = await store.search('c', at(5, index), 1);
      if (hits[0]?.id === `v${index}` && hits[0].score > 0.999) found += 1;
    }
    t.equal(found, 40);
  });
}

function entry(id: string, values: readonly number[]): { id: string; vector: Float32Array } {
  return { id, vector: Float32Array.from(values) };
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
