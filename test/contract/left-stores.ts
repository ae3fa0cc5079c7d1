/** What a database must do with document stores that the configuration names no more (`src/knowledge/runs/left-stores.ts`). */
import type { Test } from 'tap';
import type { ChunkStore, DocumentChange } from '../../src/knowledge/chunk-store.js';
import type { IngestRunStore } from '../../src/knowledge/runs/ingest-run.js';
import type { LeftStores } from '../../src/knowledge/runs/left-stores.js';

export interface LeftStoresWorld {
  readonly left: LeftStores;
  readonly runs: IngestRunStore;
  readonly chunks: ChunkStore;
}

export function leftStoresContract(t: Test, open: (t: Test) => Promise<LeftStoresWorld>): void {
  t.test(
    'a store is taken out page by page, others keep theirs, and a collection that was its alone begins anew (L1, L2, L3)',
    async (t) => {
      const { left, runs, chunks } = await open(t);
      for (const store of ['old', 'new']) {
        await runs.begin({ store, pipeline: 'p', mode: 'changes', by: 'test', at: 1 });
        await chunks.commit('shared', [index(store, 'a'), index(store, 'b')], 1);
      }
      await chunks.commit('own', [index('old', 'c'), index('old', 'd'), index('old', 'e', 'other')], 1);
      t.same(await left.names(), ['new', 'old']);
      t.same([await left.isAlone('old', 'own'), await left.isAlone('old', 'shared')], [true, false]);
      const whole = await left.page('old', 10);
      t.equal(whole.documents.length, 5);
      t.same(whole.places.map(({ collection, embedder }) => `${collection}@${embedder}`).sort(), ['own@e', 'own@other', 'shared@e']);
      t.equal(await left.forget('old', 10), false, 'not before its documents are out');
      const before = await chunks.collection('own');
      const version = (await chunks.collection('shared')).version;

      const first = await left.page('old', 2);
      await chunks.commit('own', [{ ...index('old', first.documents[0]?.id ?? ''), generation: 1 }], 2).catch(() => undefined);
      let documents = 0;
      let taken = 0;
      for (let page = first; page.documents.length > 0; page = await left.page('old', 2)) {
        const gone = await left.takeOut('old', page, 3);
        documents += gone.documents;
        taken += gone.chunks;
      }
      t.same([documents, taken], [5, 10]);
      t.match(await chunks.counts('old'), { indexed: 0, chunks: 0 });
      t.match(await chunks.counts('new'), { indexed: 2, chunks: 4 });
      const moves = await chunks.changes('shared', { version, key: '' }, 10);
      t.equal(moves.filter(({ chunkCount }) => chunkCount === 0).length > 0, true, 'whoever follows it is told (L1)');

      t.equal(await left.forget('old', 10), false, 'a run is open');
      for (const run of await runs.open()) if (run.store === 'old') await runs.cancel(run.id, 'dropped', 4);
      let calls = 0;
      while (!(await left.forget('old', 1))) calls += 1;
      t.ok(calls < 10, `${calls}`);
      t.same(await left.names(), ['new']);
      t.same(await runs.list({ store: 'old', before: '', limit: 5 }), []);
      t.equal((await runs.list({ store: 'new', before: '', limit: 5 })).length, 1);
      t.match([before.source === '', await chunks.collection('own')], [false, { source: '', version: 0 }]);
      await chunks.commit('own', [index('old', 'c')], 5);
      t.not((await chunks.collection('own')).source, before.source, 'another one (L2)');
      t.match(await chunks.counts('new'), { indexed: 2, chunks: 4 });
    },
  );
}

function index(store: string, id: string, embedder = 'e'): DocumentChange {
  const chunk = { text: id, startLine: 1, endLine: 1, place: {}, vector: Float32Array.from([1, 0]) };
  return {
    type: 'index',
    ...{ store, id, generation: 0, contentHash: 'h', pipeline: 'p', embedder, bytes: 3, modifiedAt: 4 },
    ...{ sourceVersion: '', title: id, sourcePath: id, metadata: {} },
    chunks: [chunk, chunk],
  };
}
