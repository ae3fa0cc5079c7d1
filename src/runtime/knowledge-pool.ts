/**
 * Document stores by their settings: snapshots whose stores are configured alike share one set, and so its indexes.
 *
 * Owns: what it created, until `close()`. Does not own: thread pools and the chunk store.
 */
import type { Clock } from '../base/clock.js';
import { canonicalJson } from '../base/json.js';
import type { Settings } from '../config/settings.js';
import { createKnowledge, type Knowledge, type KnowledgeOptions } from '../knowledge/document-stores.js';
import type { Logger } from '../observe/log.js';
import { createEmbedder } from '../providers/embedders/registry.js';
import type { VectorStore } from '../providers/vector-stores/contract.js';
import { createVectorStore } from '../providers/vector-stores/registry.js';
import type { ThreadPools } from '../threads/pools.js';

export interface KnowledgePoolOptions extends Pick<KnowledgeOptions, 'chunkStore' | 'runs' | 'queue' | 'leases' | 'metrics'> {
  readonly pools: ThreadPools;
  /** This process searches what it ingests; an ingest worker does not. */
  readonly followsOwnIngest: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

type KnowledgeSettings = Pick<Settings, 'embedders' | 'vectorStores' | 'documentStores'>;

export class KnowledgePool {
  readonly #options: KnowledgePoolOptions;
  readonly #created = new Map<string, { readonly knowledge: Knowledge; readonly vectorStores: readonly VectorStore[] }>();

  constructor(options: KnowledgePoolOptions) {
    this.#options = options;
  }

  get({ embedders, vectorStores, documentStores }: KnowledgeSettings): Knowledge {
    const key = canonicalJson([embedders, vectorStores, documentStores]);
    const known = this.#created.get(key);
    if (known !== undefined) return known.knowledge;
    const { pools, log } = this.#options;
    const stores = mapValues(vectorStores, (settings) => createVectorStore(settings, { pools, log }));
    const knowledge = createKnowledge({
      ...this.#options,
      settings: { documentStores },
      embedders: mapValues(embedders, (settings) => createEmbedder(settings, { textThreads: pools.text })),
      vectorStores: stores,
    });
    this.#created.set(key, { knowledge, vectorStores: Object.values(stores) });
    return knowledge;
  }

  async close(): Promise<void> {
    for (const { knowledge, vectorStores } of this.#created.values()) {
      await knowledge.close();
      await Promise.all(vectorStores.map((store) => store.close()));
    }
    this.#created.clear();
  }
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
