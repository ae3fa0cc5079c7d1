/** A document store over a temporary folder, with real threads, real SQL and a real index. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import type { MetadataFilter } from '../../src/base/metadata.js';
import type { SearchMode } from '../../src/config/search-settings.js';
import type { DirectorySourceSettings, DocumentStoreSettings, VectorStoreSettings } from '../../src/config/settings.js';
import type { ChunkStore } from '../../src/knowledge/chunk-store.js';
import { createKnowledge, type Knowledge, type KnowledgeOptions } from '../../src/knowledge/document-stores.js';
import { embedderFingerprint } from '../../src/knowledge/pipeline-fingerprint.js';
import type { IngestMode } from '../../src/knowledge/runs/ingest-run.js';
import type { IngestResult } from '../../src/knowledge/runs/ingester.js';
import type { SearchHit } from '../../src/knowledge/search/retriever.js';
import { createSource, type SourceDependencies } from '../../src/knowledge/sources/create-source.js';
import type { DocumentSource } from '../../src/knowledge/sources/document-source.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Embedder } from '../../src/providers/embedders/contract.js';
import { createEmbedder } from '../../src/providers/embedders/registry.js';
import { createVectorStore } from '../../src/providers/vector-stores/registry.js';
import { openDatabase } from '../../src/storage/sql/database.js';
import { createKnowledgeStore } from '../../src/storage/sql/knowledge-store.js';
import { SqlIngestRunStore } from '../../src/storage/sql/sql-ingest-run-store.js';
import { createThreadPools, type ThreadPools } from '../../src/threads/pools.js';
import { embedderSettings } from './embedder-settings.js';
import { createInProcessBatches, createInProcessLeases } from './in-process-batches.js';
import { hnswSettings } from './index-settings.js';
import { searchSettings } from './search-settings.js';

export interface KnowledgeRig {
  readonly folder: string;
  readonly stateFolder: string;
  readonly chunkStore: ChunkStore;
  readonly runs: SqlIngestRunStore;
  readonly pools: ThreadPools;
  readonly knowledge: Knowledge;
  readonly embedder: Embedder;
  readonly fingerprint: string;
  /** Vectors that the index holds; of those that a filter matches, those that are near anything. */
  countIndexed(filter?: MetadataFilter): Promise<number>;
  /** Texts given to the embedder for documents, call by call. */
  readonly embedded: (readonly string[])[];
  write(path: string, content: string | Uint8Array): void;
  ingest(mode?: IngestMode): Promise<IngestResult>;
  search(query: string, limit?: number, mode?: SearchMode): Promise<readonly SearchHit[]>;
  /** Ends this process's part and starts it again on the same folder and state. */
  restart(settings?: Partial<DocumentStoreSettings>): Promise<KnowledgeRig>;
  close(): Promise<void>;
}

export interface KnowledgeRigOptions {
  readonly settings?: Partial<DocumentStoreSettings>;
  readonly folder?: string;
  readonly stateFolder?: string;
  readonly wrapEmbedder?: (embedder: Embedder) => Embedder;
  readonly sourceDependencies?: Pick<SourceDependencies, 'databases' | 'openReader'>;
  readonly wrapSource?: (source: DocumentSource) => DocumentSource;
  readonly wrapChunkStore?: (store: ChunkStore) => ChunkStore;
  /** Default: a deployment of this one process. */
  readonly coordination?: Pick<KnowledgeOptions, 'queue' | 'leases'>;
  /** Default: the embedded one, in the state folder. */
  readonly vectorStore?: VectorStoreSettings;
}

export async function openKnowledge(t: Test, options: KnowledgeRigOptions = {}): Promise<KnowledgeRig> {
  const folder = options.folder ?? tempFolder(t);
  const stateFolder = options.stateFolder ?? tempFolder(t);
  const rig = await openRig({ ...options, folder, stateFolder }, t);
  return rig;
}

export function tempFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'hector-knowledge-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Without a test: for child processes. */
export async function openRig(
  options: KnowledgeRigOptions & { readonly folder: string; readonly stateFolder: string },
  t?: Test,
): Promise<KnowledgeRig> {
  const { folder, stateFolder } = options;
  const database = await openDatabase(
    {
      url: '',
      host: '',
      port: 0,
      username: '',
      password: '',
      sslMode: 'disable',
      maxConns: 1,
      maxIdle: 1,
      queryTimeoutMs: 15_000,
      driver: 'sqlite',
      database: join(stateFolder, 'hector.db'),
    },
    { name: 'test', log: silentLogger, clock: systemClock },
  );
  const pools = createThreadPools({ log: silentLogger, cores: 2, idleMs: 1000 });
  const sqlStore = createKnowledgeStore(database);
  const chunkStore = options.wrapChunkStore?.(sqlStore) ?? sqlStore;
  const runs = new SqlIngestRunStore(database);
  const embedded: (readonly string[])[] = [];
  const local = createEmbedder(embedderSettings({ batchSize: 64 }), {
    name: 'local',
    textThreads: pools.text,
    clock: systemClock,
    log: silentLogger,
  });
  const counted: Embedder = {
    ...local,
    embed(texts, purpose, signal) {
      if (purpose === 'document') embedded.push(texts);
      return local.embed(texts, purpose, signal);
    },
  };
  const embedder = options.wrapEmbedder?.(counted) ?? counted;
  const vectorStore = createVectorStore(options.vectorStore ?? hnswSettings(join(stateFolder, 'vectors')), {
    name: 'local',
    pools,
    clock: systemClock,
    log: silentLogger,
  });
  const settings: DocumentStoreSettings = { ...defaultStore(folder), ...options.settings };
  const knowledge = createKnowledge({
    settings: { documentStores: { docs: settings } },
    chunkStore,
    runs,
    ...(options.coordination ?? { queue: createInProcessBatches(), leases: createInProcessLeases() }),
    createSource: (source, store) => {
      const created = createSource(source, { store, clock: systemClock, ...options.sourceDependencies });
      return options.wrapSource?.(created) ?? created;
    },
    pools,
    embedders: { local: embedder },
    vectorStores: { local: vectorStore },
    clock: systemClock,
    log: silentLogger,
  });
  const retriever = knowledge.createRetriever({ models: new Map() });
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await knowledge.close();
    await vectorStore.close();
    await pools.close();
    await database.close();
  };
  t?.teardown(close);
  return {
    folder,
    stateFolder,
    chunkStore,
    runs,
    pools,
    knowledge,
    embedder,
    fingerprint: embedderFingerprint(embedder),
    async countIndexed(filter) {
      const index = `docs@${embedderFingerprint(embedder)}`;
      if (filter === undefined) return await vectorStore.count(index);
      const dimension = embedder.dimension ?? 0;
      const vector = new Float32Array(dimension).fill(dimension ** -0.5);
      return (await vectorStore.search(index, { vector, topK: 1_000, filter })).hits.length;
    },
    embedded,
    write(path, content) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    },
    ingest: (mode) => ingestDocs(knowledge, mode),
    search: (query, limit = 5, mode = settings.search.mode) =>
      retriever.search(query, { stores: ['docs'], limit, mode }, AbortSignal.timeout(20_000)),
    async restart(changed) {
      await close();
      return await openRig({ ...options, settings: { ...options.settings, ...changed } }, t);
    },
    close,
  };
}

async function ingestDocs(knowledge: Knowledge, mode: IngestMode | undefined): Promise<IngestResult> {
  const [result] = await knowledge.ingester.ingest({ stores: ['docs'], mode }, undefined, AbortSignal.timeout(60_000));
  if (result === undefined) throw new Error('no result');
  return result;
}

export function directorySource(path: string): DirectorySourceSettings {
  const include = ['*.md', '*.txt', '*.html', '*.bin'];
  return { type: 'directory', path, include, exclude: ['.*', 'node_modules'], maxFileBytes: 100_000 };
}

export function defaultStore(folder: string): DocumentStoreSettings {
  return {
    source: directorySource(folder),
    chunking: {
      ...{ strategy: 'simple', unit: 'characters', size: 1000, overlap: 0, minSize: 100, maxSize: 2000, preserveWords: true },
      ...{ sentencesPerChunk: 5, separators: ['\n\n', '\n', ' ', ''] },
    },
    vectorStore: 'local',
    embedder: 'local',
    collection: 'docs',
    search: searchSettings(),
    watch: false,
    incrementalIndexing: true,
    indexing: {
      maxConcurrent: 2,
      documentTimeoutMs: 60_000,
      maxChunks: 10_000,
      rescanIntervalMs: undefined,
      allowEmpty: false,
      retry: { maxRetries: 3, baseDelayMs: 5, maxDelayMs: 50, jitter: 0.1 },
    },
  };
}
