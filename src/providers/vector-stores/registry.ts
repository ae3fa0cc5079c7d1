/** Vector store settings → vector store. The only importer of the vector store adapters. */
import type { VectorStoreSettings } from '../../config/settings.js';
import type { Logger } from '../../observe/log.js';
import type { ThreadPools } from '../../threads/pools.js';
import { createHnswVectorStore } from './adapters/hnsw/hnsw-vector-store.js';
import type { VectorStore } from './contract.js';

export interface VectorStoreDependencies {
  readonly pools: Pick<ThreadPools, 'indexThread' | 'indexBuilder'>;
  readonly log: Logger;
}

export function createVectorStore(settings: VectorStoreSettings, { pools, log }: VectorStoreDependencies): VectorStore {
  switch (settings.type) {
    case 'hnsw':
      return createHnswVectorStore({
        directory: settings.persistPath,
        settings: { ...settings.index, compress: settings.compress },
        pools,
        log,
      });
  }
}
