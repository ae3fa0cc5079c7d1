/** The document stores of a configuration: what the rest of Hector uses of `knowledge/`. */
import type { Clock } from '../base/clock.js';
import { AppError, toAppError } from '../base/errors.js';
import type { DocumentStoreSettings, McpParserSettings, Settings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import { withSpan } from '../observe/trace.js';
import type { Embedder } from '../providers/embedders/contract.js';
import type { VectorStore } from '../providers/vector-stores/contract.js';
import type { ThreadPools } from '../threads/pools.js';
import type { ChunkStore, StoreCounts } from './chunk-store.js';
import type { DocumentParser } from './extract/document-parser.js';
import { IndexFollower, type IndexHealth } from './index-follower.js';
import { ingestStore } from './ingest.js';
import type { IngestProgress } from './ingest-options.js';
import { embedderFingerprint } from './pipeline-fingerprint.js';
import type { Retriever } from './retriever.js';
import { createRetriever, type SearchableStore } from './search.js';
import { createDirectorySource } from './sources/directory.js';

export interface KnowledgeOptions {
  readonly settings: Pick<Settings, 'documentStores'>;
  readonly chunkStore: ChunkStore;
  readonly pools: Pick<ThreadPools, 'text'>;
  /** By key in `embedders`. */
  readonly embedders: Readonly<Record<string, Embedder>>;
  /** By key in `vector_stores`. */
  readonly vectorStores: Readonly<Record<string, VectorStore>>;
  /** Of `document_stores.<name>.mcp_parsers`. Default: there are none. */
  readonly createParsers?: (settings: McpParserSettings) => readonly DocumentParser[];
  readonly clock: Clock;
  readonly log: Logger;
  /** This process searches: its indexes follow what it ingests. Default true; an ingest worker says false. */
  readonly followsOwnIngest?: boolean;
}

export interface IngestResult extends IngestProgress {
  /** Set when the store as a whole could not be ingested; other stores are not concerned. Not logged: the caller tells it. */
  readonly error?: AppError;
}

export type OnProgress = (progress: IngestProgress) => void;

export interface Knowledge {
  readonly retriever: Retriever;
  /**
   * Brings stores up to date, one after another; all of them when `storeNames` is undefined. Resolves when what was
   * ingested is also searchable here. An aborted signal rejects with its reason; nothing committed is lost.
   * @throws AppError `DOCUMENT_STORE_NOT_FOUND`
   */
  ingest(
    storeNames: readonly string[] | undefined,
    onProgress: OnProgress | undefined,
    signal: AbortSignal,
  ): Promise<readonly IngestResult[]>;
  counts(store: string): Promise<StoreCounts>;
  /** Every index of these stores in this process. */
  indexHealth(): Promise<readonly IndexHealth[]>;
  /** Ends following and saves snapshots; pools and stores belong to whoever made them. */
  close(): Promise<void>;
}

export function createKnowledge(options: KnowledgeOptions): Knowledge {
  const { settings, chunkStore, pools, clock, log, followsOwnIngest = true } = options;
  const followers = new Map<string, IndexFollower>();
  const stores = new Map<string, SearchableStore & { readonly settings: DocumentStoreSettings; readonly follower: IndexFollower }>();
  for (const [name, store] of Object.entries(settings.documentStores)) {
    const embedder = getMember(options.embedders, store.embedder, `document_stores.${name}.embedder`);
    const vectorStore = getMember(options.vectorStores, store.vectorStore, `document_stores.${name}.vector_store`);
    const fingerprint = embedderFingerprint(embedder);
    const { collection } = store;
    const key = `${store.vectorStore}\n${collection}\n${fingerprint}`;
    const follower = followers.get(key) ?? new IndexFollower({ chunkStore, vectorStore, collection, embedder: fingerprint, clock, log });
    followers.set(key, follower);
    stores.set(name, {
      name,
      settings: store,
      collection,
      embedder,
      embedderFingerprint: fingerprint,
      topK: store.search.topK,
      threshold: store.search.threshold,
      follower,
    });
  }
  const closing = new AbortController();

  const ingestOne = async (name: string, onProgress: OnProgress | undefined, signal: AbortSignal): Promise<IngestResult> => {
    const store = stores.get(name);
    if (store === undefined) throw new AppError('DOCUMENT_STORE_NOT_FOUND', { message: `There is no document store '${name}'` });
    const { collection, embedder, follower } = store;
    const { chunking, indexing, source, mcpParsers } = store.settings;
    let last: IngestProgress = { store: name, total: 0, done: 0, failed: 0, skipped: 0, removed: 0, chunks: 0, finished: false };
    try {
      const progress = await ingestStore(
        {
          store: name,
          collection,
          chunking,
          maxConcurrent: indexing.maxConcurrent,
          documentTimeoutMs: indexing.documentTimeoutMs,
          parsers: mcpParsers === undefined ? [] : (options.createParsers?.(mcpParsers) ?? []),
          mcpParsers,
          source: createDirectorySource(source),
          chunkStore,
          embedder,
          textThreads: pools.text,
          clock,
          log,
          onProgress: (seen) => {
            last = seen;
            onProgress?.(seen);
          },
          onCommit: () => followsOwnIngest && follower.wake(),
        },
        signal,
      );
      if (followsOwnIngest) await follower.catchUp();
      return progress;
    } catch (error) {
      signal.throwIfAborted();
      return { ...last, error: toAppError(error) };
    }
  };

  return {
    retriever: createRetriever(stores, { chunkStore, log }),
    async ingest(storeNames, onProgress, signal) {
      const names = storeNames ?? [...stores.keys()];
      const unknown = names.find((name) => !stores.has(name));
      if (unknown !== undefined)
        throw new AppError('DOCUMENT_STORE_NOT_FOUND', {
          message: `There is no document store '${unknown}'; document_stores has ${[...stores.keys()].join(', ') || 'none'}`,
        });
      const either = AbortSignal.any([signal, closing.signal]);
      const results: IngestResult[] = [];
      for (const name of names)
        results.push(await withSpan('knowledge.ingest', { 'hector.store': name }, () => ingestOne(name, onProgress, either)));
      return results;
    },
    counts: (store) => chunkStore.counts(store),
    indexHealth: () => Promise.all([...followers.values()].map((follower) => follower.health())),
    async close() {
      closing.abort(new AppError('STEP_ABORTED', { message: 'The document stores are being closed' }));
      await Promise.all([...followers.values()].map((follower) => follower.close()));
    },
  };
}

function getMember<T>(members: Readonly<Record<string, T>>, name: string, keyPath: string): T {
  const member = members[name];
  if (member === undefined) throw new AppError('CONFIG_INVALID', { message: `${keyPath}: there is no '${name}'` });
  return member;
}
