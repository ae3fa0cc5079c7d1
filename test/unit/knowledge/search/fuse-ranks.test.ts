import t from 'tap';
import { documentKey, type StoredChunk } from '../../../../src/knowledge/chunk-store.js';
import type { FoundChunk } from '../../../../src/knowledge/search/found-chunk.js';
import { fuseRanks, mergeByBestScore } from '../../../../src/knowledge/search/fuse-ranks.js';

const found = (id: string, score = 0.5): FoundChunk => ({
  chunk: { documentKey: documentKey('s', id), index: 0, store: 's', documentId: id } as StoredChunk,
  score,
});
const list = (...ids: readonly string[]) => ids.map((id) => found(id));
const ids = (items: readonly FoundChunk[]) => items.map(({ chunk }) => chunk.documentId).join('');

t.test(
  'what both lists rank high goes before what one ranks first; scores are 0 to 1 and do not depend on those of the lists',
  async (t) => {
    const fused = fuseRanks([
      { found: list('a', 'b', 'c'), weight: 0.5 },
      { found: list('d', 'b', 'e'), weight: 0.5 },
    ]);
    t.equal(ids(fused), 'badce');
    t.ok(fused.every(({ score }) => score > 0 && score <= 1));
    t.equal(
      fuseRanks([
        { found: list('a'), weight: 0.2 },
        { found: list('a'), weight: 0.9 },
      ])[0]?.score,
      1,
    );
  },
);

t.test('weights shift the balance; without any there is nothing', async (t) => {
  const lists = (one: number, other: number) => [
    { found: list('a', 'b'), weight: one },
    { found: list('c', 'd'), weight: other },
  ];
  t.equal(ids(fuseRanks(lists(0.9, 0.1))), 'abcd');
  t.equal(ids(fuseRanks(lists(0.1, 0.9))), 'cdab');
  t.equal(ids(fuseRanks(lists(1, 0))), 'ab');
  t.same(fuseRanks(lists(0, 0)), []);
  t.same(fuseRanks([]), []);
});

t.test('results of several queries keep the best score of each chunk (RAG-43)', async (t) => {
  const merged = mergeByBestScore([[found('a', 0.9), found('b', 0.2)], [found('b', 0.95), found('a', 0.1)], []]);
  t.same(
    merged.map(({ chunk, score }) => [chunk.documentId, score]),
    [
      ['b', 0.95],
      ['a', 0.9],
    ],
  );
});
