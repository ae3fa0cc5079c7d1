import { createRequire } from 'node:module';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import type { SegmentSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { createHnswVectorStore } from '../../src/providers/vector-stores/adapters/hnsw/hnsw-vector-store.js';
import type { IndexLimits } from '../../src/providers/vector-stores/adapters/hnsw/index-limits.js';
import type { VectorStore } from '../../src/providers/vector-stores/contract.js';
import { createVectorStore } from '../../src/providers/vector-stores/registry.js';
import { createThreadPools } from '../../src/threads/pools.js';
import { hnswSettings, INDEX_SETTINGS } from '../support/index-settings.js';
import { tempFolder } from '../support/knowledge-rig.js';
import { isLongForm } from '../support/long-form.js';
import { vectorStoreContract, vectorStoreFilterContract, vectorStoreRecallContract } from './vector-store.js';

/** Small enough that every collection of the suite with more than some entries has graphs, several of them, and compaction. */
const SMALL: IndexLimits = { sealRows: 100, maxUnindexed: 400, maxGraphRows: 1_500 };

t.test('the embedded store keeps the contract of vector stores, as the configuration makes it', async (t) => {
  const createOpen = (t: Test) => {
    const persistPath = `${tempFolder(t)}/vectors`;
    return async () =>
      createVectorStore(hnswSettings(persistPath), { name: 'v', pools: openPools(t), clock: systemClock, log: silentLogger });
  };
  vectorStoreContract(t, createOpen);
  vectorStoreRecallContract(t, createOpen);
  vectorStoreFilterContract(t, createOpen);
});

t.test('with segments of a hundred entries, and compressed snapshots (CFG-61)', async (t) => {
  vectorStoreContract(t, (t) => openSmall(t, { compress: true }));
  vectorStoreRecallContract(t, (t) => openSmall(t, { compress: true }));
  vectorStoreFilterContract(t, (t) => openSmall(t, { compress: true }));
});

for (const quantization of ['f16', 'i8', 'f32'] as const)
  t.test(`with usearch and ${quantization} (VEC-09)`, { skip: findUsearch() }, async (t) => {
    const createOpen = (t: Test) => openSmall(t, { engine: 'usearch', quantization });
    vectorStoreFilterContract(t, createOpen);
    // The others differ in their numbers only.
    if (quantization !== 'f16' && !isLongForm) return;
    vectorStoreContract(t, createOpen);
    vectorStoreRecallContract(t, createOpen);
  });

function openSmall(t: Test, index: Partial<SegmentSettings>): () => Promise<VectorStore> {
  const directory = `${tempFolder(t)}/vectors`;
  return async () => {
    const store = createHnswVectorStore({
      directory,
      settings: { ...INDEX_SETTINGS, ...index },
      pools: openPools(t),
      log: silentLogger,
      limits: SMALL,
    });
    // Graphs are built in the background: the suite is about what they answer, so it waits for them.
    const settle = async (collection: string, change: Promise<void>) => {
      await change;
      await store.settled(collection);
    };
    return {
      ...store,
      upsert: (collection, entries) => settle(collection, store.upsert(collection, entries)),
      remove: (collection, ids) => settle(collection, store.remove(collection, ids)),
      removeWhere: (collection, filter) => settle(collection, store.removeWhere(collection, filter)),
    };
  };
}

/** New threads: nothing but the files survives. */
function openPools(t: Test) {
  const pools = createThreadPools({ log: silentLogger, cores: 2 });
  t.teardown(() => pools.close());
  return pools;
}

function findUsearch(): string | false {
  try {
    createRequire(import.meta.url).resolve('usearch');
    return false;
  } catch {
    return 'needs the package usearch: npm install usearch';
  }
}
