import t from 'tap';
import { silentLogger } from '../../src/observe/log.js';
import { createVectorStore } from '../../src/providers/vector-stores/registry.js';
import { createThreadPools } from '../../src/threads/pools.js';
import { tempFolder } from '../support/knowledge-rig.js';
import { vectorStoreContract } from './vector-store.js';

t.test('the embedded HNSW store keeps the contract of vector stores', async (t) => {
  vectorStoreContract(t, (t) => {
    const persistPath = `${tempFolder(t)}/vectors`;
    return async () => {
      // New threads: nothing but the files survives.
      const pools = createThreadPools({ log: silentLogger, cores: 2 });
      t.teardown(() => pools.close());
      return createVectorStore({ type: 'hnsw', persistPath }, { pools, log: silentLogger });
    };
  });
});
