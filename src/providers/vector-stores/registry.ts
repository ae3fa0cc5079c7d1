/** Vector store settings → vector store. The only importer of the vector store adapters. */
import type { Clock } from '../../base/clock.js';
import type { VectorServiceType, VectorStoreSettings } from '../../config/settings.js';
import type { Logger } from '../../observe/log.js';
import type { ThreadPools } from '../../threads/pools.js';
import { createChromaService } from './adapters/chroma/chroma-service.js';
import { createHnswVectorStore } from './adapters/hnsw/hnsw-vector-store.js';
import { createMilvusService } from './adapters/milvus/milvus-service.js';
import { createPineconeService } from './adapters/pinecone/pinecone-service.js';
import { createQdrantService } from './adapters/qdrant/qdrant-service.js';
import { createWeaviateService } from './adapters/weaviate/weaviate-service.js';
import type { VectorStore } from './contract.js';
import type { AdapterOptions } from './outside/adapter-options.js';
import { createServiceVectorStore } from './outside/service-vector-store.js';
import type { VectorService } from './outside/vector-service.js';

export interface VectorStoreDependencies {
  /** In `vector_stores`. */
  readonly name: string;
  readonly pools: Pick<ThreadPools, 'indexThread' | 'indexBuilder'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createVectorStore(settings: VectorStoreSettings, { name, pools, clock, log }: VectorStoreDependencies): VectorStore {
  if (settings.type === 'hnsw') {
    const { persistPath: directory, index, compress } = settings;
    return createHnswVectorStore({ directory, settings: { ...index, compress }, pools, log });
  }
  const service = SERVICES[settings.type]({ key: `vector_stores.${name}`, settings, clock, log });
  return createServiceVectorStore({ type: settings.type, prefix: settings.collection, service });
}

const SERVICES: Readonly<Record<VectorServiceType, (options: AdapterOptions) => VectorService>> = {
  qdrant: createQdrantService,
  chroma: createChromaService,
  pinecone: createPineconeService,
  weaviate: createWeaviateService,
  milvus: createMilvusService,
};
