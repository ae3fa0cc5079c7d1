/** The document stores of a configuration: what the rest of Hector uses of `knowledge/`. */
import type { Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import type { McpParserSettings, Settings, SourceSettings } from '../config/settings.js';
import { type KnowledgeMetrics, noKnowledgeMetrics } from '../observe/knowledge-metrics.js';
import type { Logger } from '../observe/log.js';
import type { Embedder } from '../providers/embedders/contract.js';
import type { VectorStore } from '../providers/vector-stores/contract.js';
import type { LeaseManager } from '../tasks/coordination.js';
import type { ThreadPools } from '../threads/pools.js';
import { ByteBudget } from './byte-budget.js';
import type { ChunkStore, StoreCounts } from './chunk-store.js';
import type { DocumentParser } from './extract/document-parser.js';
import { IndexFollower, type IndexHealth } from './index-follower.js';
import { indexName } from './index-name.js';
import { embedderFingerprint, pipelineFingerprint } from './pipeline-fingerprint.js';
import type { BatchQueue } from './runs/batch-queue.js';
import type { IngestRunStore } from './runs/ingest-run.js';
import type { IngestStore } from './runs/ingest-store.js';
import { Ingester } from './runs/ingester.js';
import type { LeftPlace } from './runs/left-stores.js';
import { createRetriever, type SearchAids } from './search/create-retriever.js';
import type { SearchableStore } from './search/found-chunk.js';
import type { Retriever } from './search/retriever.js';
import { createCollectionSearch } from './search/search-collection.js';
import { createSource as createKnownSource } from './sources/create-source.js';
import type { DocumentSource } from './sources/document-source.js';

export interface KnowledgeOptions {
  readonly settings: Pick<Settings, 'documentStores'>;
  readonly chunkStore: ChunkStore;
  readonly runs: IngestRunStore;
  readonly queue: BatchQueue;
  readonly leases: LeaseManager;
  readonly pools: Pick<ThreadPools, 'text'>;
  /** By key in `embedders`. */
  readonly embedders: Readonly<Record<string, Embedder>>;
  /** By key in `vector_stores`. */
  readonly vectorStores: Readonly<Record<string, VectorStore>>;
  /** Of `document_stores.<name>.mcp_parsers`. Default: there are none. */
  readonly createParsers?: (settings: McpParserSettings) => readonly DocumentParser[];
  /** Default: none. */
  readonly metrics?: KnowledgeMetrics;
  readonly clock: Clock;
  readonly log: Logger;
  /** This process searches: its own indexes follow what it ingests. Default true; an ingest worker says false. */
  readonly followsOwnIngest?: boolean;
  /** Of `document_stores.<name>.source`. Default: those that need no database. */
  readonly createSource?: (settings: SourceSettings, store: string) => DocumentSource;
}

export interface Knowledge {
  /** Searches as these settings say, with what the rest of the configuration gives to searches. */
  createRetriever(aids: SearchAids): Retriever;
  readonly ingester: Ingester;
  /** Names, with what they are prepared and embedded with. */
  readonly stores: ReadonlyMap<string, Pick<IngestStore, 'pipeline' | 'settings'>>;
  counts(store: string): Promise<StoreCounts>;
  /** Every index of these stores in this process. */
  indexHealth(): Promise<readonly StoreIndexHealth[]>;
  /** Why the store's index does not follow its documents in this process; `undefined`: it does, or nobody uses it here. */
  findIndexFailure(store: string): string | undefined;
  /**
   * Takes a collection that no store of this configuration has out of its vector stores, which hold it again only when somebody names it.
   * The names of those that could not be asked. A process's own indexes elsewhere are caches; they begin anew with the collection.
   */
  dropIndex(place: LeftPlace, signal: AbortSignal): Promise<readonly string[]>;
  /** Ends ingesting and following and saves snapshots; pools and stores belong to whoever made them. */
  close(): Promise<void>;
}

/** Stores with one collection and one embedder have one index. */
export interface StoreIndexHealth extends IndexHealth {
  readonly stores: readonly string[];
}

export function createKnowledge(options: KnowledgeOptions): Knowledge {
  const { settings, chunkStore, pools, clock, log, followsOwnIngest = true } = options;
  const { createSource = (source, store) => createKnownSource(source, { store, clock }) } = options;
  const followers = new Map<string, IndexFollower>();
  const searchable = new Map<string, SearchableStore & { readonly follower: IndexFollower }>();
  const ingested = new Map<string, IngestStore>();
  for (const [name, store] of Object.entries(settings.documentStores)) {
    const embedder = getMember(options.embedders, store.embedder, `document_stores.${name}.embedder`);
    const vectorStore = getMember(options.vectorStores, store.vectorStore, `document_stores.${name}.vector_store`);
    const fingerprint = embedderFingerprint(embedder);
    const { source } = store;
    const collection = source.type === 'collection' ? source.collection : store.collection;
    const key = `${store.vectorStore}\n${collection}\n${fingerprint}`;
    const { leases } = options;
    const follower =
      followers.get(key) ?? new IndexFollower({ chunkStore, vectorStore, collection, embedder: fingerprint, leases, clock, log });
    // What others search too is filled by whoever ingests.
    const follows = followsOwnIngest || vectorStore.isShared === true;
    followers.set(key, follower);
    const shared = { name, embedder, embedderFingerprint: fingerprint, vectorProvider: vectorStore.type };
    const others = source.type === 'collection' ? { given: createCollectionSearch(source, { store: name, chunkStore, vectorStore }) } : {};
    searchable.set(name, { ...shared, ...others, collection, search: store.search, follower });
    ingested.set(name, {
      ...shared,
      settings: store,
      source: createSource(source, name),
      parsers: store.mcpParsers === undefined ? [] : (options.createParsers?.(store.mcpParsers) ?? []),
      pipeline: pipelineFingerprint(store.chunking, fingerprint, collection, store.mcpParsers),
      onCommit: () => follows && follower.wake(),
      catchUp: async () => {
        if (follows) await follower.catchUp();
      },
    });
  }
  const { runs, queue, leases, metrics = noKnowledgeMetrics } = options;
  const budget = new ByteBudget(MAX_BYTES_AT_ONCE);
  const ingester = new Ingester(ingested, { runs, chunkStore, queue, leases, textThreads: pools.text, budget, metrics, clock, log });
  return {
    createRetriever: (aids) => createRetriever(searchable, { ...aids, chunkStore, clock, log }),
    ingester,
    stores: ingested,
    counts: (store) => chunkStore.counts(store),
    indexHealth: () =>
      Promise.all(
        [...followers.values()].map(async (follower) => {
          const stores = [...searchable.values()].filter((store) => store.follower === follower).map(({ name }) => name);
          return { ...(await follower.health()), stores };
        }),
      ),
    findIndexFailure: (store) => searchable.get(store)?.follower.failure,
    async dropIndex({ collection, source, embedder }, signal) {
      const failed: string[] = [];
      for (const [name, vectorStore] of Object.entries(options.vectorStores)) {
        try {
          await vectorStore.dropCollection(indexName(vectorStore, { collection, source, embedder }), signal);
        } catch (error) {
          signal.throwIfAborted();
          log.warn({ err: error, collection, vectorStore: name }, 'vectors of a dropped document store stay where they are');
          failed.push(name);
        }
      }
      return failed;
    },
    async close() {
      await ingester.close();
      await Promise.all([...ingested.values()].map(({ source }) => source.close?.()));
      await Promise.all([...followers.values()].map((follower) => follower.close()));
    },
  };
}

/** Of documents between reading and extraction, in one process. */
const MAX_BYTES_AT_ONCE = 64 * 1024 * 1024;

function getMember<T>(members: Readonly<Record<string, T>>, name: string, keyPath: string): T {
  const member = members[name];
  if (member === undefined) throw new AppError('CONFIG_INVALID', { message: `${keyPath}: there is no '${name}'` });
  return member;
}
