/**
 * Document stores by their settings: snapshots whose stores are configured alike share one set, and so its indexes.
 *
 * Owns: what it created, until `close()`. Does not own: thread pools and the chunk store.
 */
import type { Clock } from '../base/clock.js';
import { canonicalJson } from '../base/json.js';
import type { Settings } from '../config/settings.js';
import { createKnowledge, type Knowledge, type KnowledgeOptions } from '../knowledge/document-stores.js';
import { createMcpParsers } from '../knowledge/extract/mcp-parser.js';
import type { IndexHealth } from '../knowledge/index-follower.js';
import { createSource } from '../knowledge/sources/create-source.js';
import type { OpenSqlReader } from '../knowledge/sources/sql/sql-reader.js';
import type { Logger } from '../observe/log.js';
import type { EmbedderDependencies } from '../providers/embedders/dependencies.js';
import { createEmbedder } from '../providers/embedders/registry.js';
import type { VectorStore } from '../providers/vector-stores/contract.js';
import { createVectorStore } from '../providers/vector-stores/registry.js';
import type { ThreadPools } from '../threads/pools.js';
import type { HeldToolsets, ToolsetPool } from './toolset-pool.js';

export interface KnowledgePoolOptions extends Pick<KnowledgeOptions, 'chunkStore' | 'runs' | 'queue' | 'leases' | 'metrics'> {
  readonly pools: ThreadPools;
  /** What embedders share with all others: pace, vectors of before. */
  readonly embedding: Omit<EmbedderDependencies, 'name'>;
  /** Databases that documents come from. */
  readonly openReader: OpenSqlReader;
  /** Servers whose tools parse documents. */
  readonly toolsets: ToolsetPool;
  /** This process searches what it ingests; an ingest worker does not. */
  readonly followsOwnIngest: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

type KnowledgeSettings = Pick<Settings, 'embedders' | 'vectorStores' | 'documentStores' | 'databases' | 'tools' | 'stateDirectory'>;

export class KnowledgePool {
  readonly #options: KnowledgePoolOptions;
  readonly #created = new Map<
    string,
    { readonly knowledge: Knowledge; readonly vectorStores: readonly VectorStore[]; readonly toolsets: HeldToolsets | undefined }
  >();

  constructor(options: KnowledgePoolOptions) {
    this.#options = options;
  }

  get({ embedders, vectorStores, documentStores, databases, tools, stateDirectory }: KnowledgeSettings): Knowledge {
    const parses = Object.values(documentStores).some(({ mcpParsers }) => mcpParsers !== undefined);
    const readsRows = Object.values(documentStores).some(({ source }) => source.type === 'sql');
    const key = canonicalJson([embedders, vectorStores, documentStores, parses ? tools : {}, readsRows ? databases : {}]);
    const known = this.#created.get(key);
    if (known !== undefined) return known.knowledge;
    const { pools, embedding, openReader, clock, log } = this.#options;
    const stores = mapValues(vectorStores, (settings) => createVectorStore(settings, { pools, log }));
    const toolsets = parses ? this.#options.toolsets.hold({ tools, stateDirectory }) : undefined;
    const knowledge = createKnowledge({
      ...this.#options,
      settings: { documentStores },
      embedders: mapValues(embedders, (settings, name) => createEmbedder(settings, { ...embedding, name })),
      vectorStores: stores,
      createSource: (source, store) => createSource(source, { store, clock, databases, openReader }),
      createParsers: (settings) => createMcpParsers(settings, toolsets?.forParsing ?? []),
    });
    this.#created.set(key, { knowledge, vectorStores: Object.values(stores), toolsets });
    return knowledge;
  }

  /** Of all indexes in this process. */
  async indexHealth(): Promise<readonly IndexHealth[]> {
    return (await Promise.all([...this.#created.values()].map(({ knowledge }) => knowledge.indexHealth()))).flat();
  }

  async close(): Promise<void> {
    for (const { knowledge, vectorStores, toolsets } of this.#created.values()) {
      await knowledge.close();
      await toolsets?.release();
      await Promise.all(vectorStores.map((store) => store.close()));
    }
    this.#created.clear();
  }
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
