/**
 * Document stores by their settings: snapshots whose stores are configured alike share one set, and so its indexes.
 *
 * Owns: what it created, until the last who holds it lets go, or `close()`. Does not own: thread pools and the chunk store.
 */
import type { Clock } from '../base/clock.js';
import { canonicalJson } from '../base/json.js';
import type { Settings } from '../config/settings.js';
import { createKnowledge, type Knowledge, type KnowledgeOptions } from '../knowledge/document-stores.js';
import { createMcpParsers } from '../knowledge/extract/mcp-parser.js';
import type { SearchAids } from '../knowledge/search/create-retriever.js';
import { measureRetriever } from '../knowledge/search/measure-retriever.js';
import { createSource } from '../knowledge/sources/create-source.js';
import type { OpenSqlReader } from '../knowledge/sources/sql/sql-reader.js';
import type { KnowledgeMetrics } from '../observe/knowledge-metrics.js';
import type { Logger } from '../observe/log.js';
import type { EmbedderDependencies } from '../providers/embedders/dependencies.js';
import { createEmbedder } from '../providers/embedders/registry.js';
import type { VectorStore } from '../providers/vector-stores/contract.js';
import { createVectorStore } from '../providers/vector-stores/registry.js';
import type { ThreadPools } from '../threads/pools.js';
import type { HeldRetriever } from './snapshot.js';
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

/** What one holder has of the pool. */
export interface HeldKnowledge {
  readonly knowledge: Knowledge;
  /** May be called twice. */
  release(): Promise<void>;
}

interface Entry {
  readonly knowledge: Knowledge;
  readonly vectorStores: readonly VectorStore[];
  readonly toolsets: HeldToolsets | undefined;
  users: number;
}

export type KnowledgeSettings = Pick<Settings, 'embedders' | 'vectorStores' | 'documentStores' | 'databases' | 'tools' | 'stateDirectory'>;

export class KnowledgePool {
  readonly #options: KnowledgePoolOptions;
  readonly #created = new Map<string, Entry>();

  constructor(options: KnowledgePoolOptions) {
    this.#options = options;
  }

  hold(settings: KnowledgeSettings): HeldKnowledge {
    const key = keyOf(settings);
    const entry = this.#created.get(key) ?? this.#create(settings);
    this.#created.set(key, entry);
    entry.users += 1;
    let isHeld = true;
    return {
      knowledge: entry.knowledge,
      release: async () => {
        if (!isHeld) return;
        isHeld = false;
        entry.users -= 1;
        if (entry.users > 0 || this.#created.get(key) !== entry) return;
        this.#created.delete(key);
        await closeEntry(entry);
      },
    };
  }

  async close(): Promise<void> {
    const all = [...this.#created.values()];
    this.#created.clear();
    const closed = await Promise.allSettled(all.map(closeEntry));
    const failure = closed.find(({ status }) => status === 'rejected');
    if (failure !== undefined) throw (failure as PromiseRejectedResult).reason;
  }

  #create({ embedders, vectorStores, documentStores, databases, tools, stateDirectory }: KnowledgeSettings): Entry {
    const { pools, embedding, openReader, clock, log } = this.#options;
    const stores = mapValues(vectorStores, (settings, name) => createVectorStore(settings, { name, pools, clock, log }));
    const toolsets = usesParsers(documentStores) ? this.#options.toolsets.hold({ tools, stateDirectory }) : undefined;
    try {
      const knowledge = createKnowledge({
        ...this.#options,
        settings: { documentStores },
        embedders: mapValues(embedders, (settings, name) => createEmbedder(settings, { ...embedding, name })),
        vectorStores: stores,
        createSource: (source, store) => createSource(source, { store, clock, databases, openReader }),
        createParsers: (settings) => createMcpParsers(settings, toolsets?.forParsing ?? []),
      });
      return { knowledge, vectorStores: Object.values(stores), toolsets, users: 0 };
    } catch (error) {
      // Nothing of it was used, so there is nothing to wait for.
      void toolsets?.release().catch((failure: unknown) => log.warn({ err: failure }, 'a server that parses documents does not close'));
      throw error;
    }
  }
}

/** As a snapshot has it. */
export function measureHeld({ knowledge, release }: HeldKnowledge, aids: SearchAids, { metrics, clock }: Measuring): HeldRetriever {
  return { retriever: measureRetriever(knowledge.createRetriever(aids), metrics, clock), release };
}

interface Measuring {
  readonly metrics: KnowledgeMetrics;
  readonly clock: Clock;
}

function keyOf({ embedders, vectorStores, documentStores, databases, tools }: KnowledgeSettings): string {
  const readsRows = Object.values(documentStores).some(({ source }) => source.type === 'sql');
  return canonicalJson([embedders, vectorStores, documentStores, usesParsers(documentStores) ? tools : {}, readsRows ? databases : {}]);
}

function usesParsers(documentStores: KnowledgeSettings['documentStores']): boolean {
  return Object.values(documentStores).some(({ mcpParsers }) => mcpParsers !== undefined);
}

async function closeEntry({ knowledge, vectorStores, toolsets }: Entry): Promise<void> {
  try {
    await knowledge.close();
  } finally {
    await Promise.all([toolsets?.release(), ...vectorStores.map((store) => store.close())]);
  }
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
