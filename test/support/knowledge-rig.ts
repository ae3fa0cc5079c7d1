/** A document store over a temporary folder, with real threads, real SQL and a real index. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import type { DirectorySourceSettings, DocumentStoreSettings } from '../../src/config/settings.js';
import { createKnowledge, type Knowledge } from '../../src/knowledge/document-stores.js';
import { embedderFingerprint } from '../../src/knowledge/pipeline-fingerprint.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Embedder } from '../../src/providers/embedders/contract.js';
import { createEmbedder } from '../../src/providers/embedders/registry.js';
import { createVectorStore } from '../../src/providers/vector-stores/registry.js';
import { openDatabase } from '../../src/storage/sql/database.js';
import { createKnowledgeStore } from '../../src/storage/sql/knowledge-store.js';
import { createThreadPools, type ThreadPools } from '../../src/threads/pools.js';
import { embedderSettings } from './embedder-settings.js';

export interface KnowledgeRig {
  readonly folder: string;
  readonly stateFolder: string;
  readonly chunkStore: ReturnType<typeof createKnowledgeStore>;
  readonly pools: ThreadPools;
  readonly knowledge: Knowledge;
  readonly embedder: Embedder;
  /** Vectors that the index holds. */
  countIndexed(): Promise<number>;
  /** Texts given to the embedder for documents, call by call. */
  readonly embedded: (readonly string[])[];
  write(path: string, content: string | Uint8Array): void;
  ingest(): ReturnType<typeof ingestDocs>;
  search(query: string, limit?: number): ReturnType<Knowledge['retriever']['search']>;
  /** Ends this process's part and starts it again on the same folder and state. */
  restart(settings?: Partial<DocumentStoreSettings>): Promise<KnowledgeRig>;
  close(): Promise<void>;
}

export interface KnowledgeRigOptions {
  readonly settings?: Partial<DocumentStoreSettings>;
  readonly folder?: string;
  readonly stateFolder?: string;
  readonly wrapEmbedder?: (embedder: Embedder) => Embedder;
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
  const chunkStore = createKnowledgeStore(database);
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
  const vectorStore = createVectorStore({ type: 'hnsw', persistPath: join(stateFolder, 'vectors') }, { pools, log: silentLogger });
  const settings: DocumentStoreSettings = { ...defaultStore(folder), ...options.settings };
  const knowledge = createKnowledge({
    settings: { documentStores: { docs: settings } },
    chunkStore,
    pools,
    embedders: { local: embedder },
    vectorStores: { local: vectorStore },
    clock: systemClock,
    log: silentLogger,
  });
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
    pools,
    knowledge,
    embedder,
    countIndexed: () => vectorStore.count(`docs@${embedderFingerprint(embedder)}`),
    embedded,
    write(path, content) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    },
    ingest: () => ingestDocs(knowledge),
    search: (query, limit = 5) => knowledge.retriever.search(query, { stores: ['docs'], limit }, AbortSignal.timeout(20_000)),
    async restart(changed) {
      await close();
      return await openRig({ ...options, settings: { ...options.settings, ...changed } }, t);
    },
    close,
  };
}

async function ingestDocs(knowledge: Knowledge) {
  const [result] = await knowledge.ingest(['docs'], undefined, AbortSignal.timeout(60_000));
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
    chunking: { strategy: 'simple', size: 1000, overlap: 0, minSize: 100, maxSize: 2000, preserveWords: true, sentencesPerChunk: 5 },
    vectorStore: 'local',
    embedder: 'local',
    collection: 'docs',
    search: { topK: 10, threshold: 0 },
    indexing: { maxConcurrent: 2 },
  };
}
