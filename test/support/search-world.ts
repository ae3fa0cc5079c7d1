/** A document store to search, in memory: an exact index, the full text, and models that the test writes. */
import { type Metadata, matchesFilter } from '../../src/base/metadata.js';
import type { SearchSettings } from '../../src/config/search-settings.js';
import { type ChunkPlace, chunkId, chunkMetadata, documentKey, type StoredChunk } from '../../src/knowledge/chunk-store.js';
import { chunkWords } from '../../src/knowledge/search/chunk-words.js';
import { createRetriever, type RetrieverOptions } from '../../src/knowledge/search/create-retriever.js';
import type { GivenCollection, SearchableStore } from '../../src/knowledge/search/found-chunk.js';
import type { Retriever } from '../../src/knowledge/search/retriever.js';
import type { Logger } from '../../src/observe/log.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Embedder } from '../../src/providers/embedders/contract.js';
import { embedHashed } from './hashed-embedder.js';
import { searchSettings } from './search-settings.js';
import { createSteeredClock, type SteeredClock } from './steered-clock.js';

export interface WorldDocument {
  readonly id: string;
  readonly texts: readonly string[];
  readonly title?: string;
  readonly metadata?: Metadata;
  readonly place?: ChunkPlace;
  /** The store's name. Default `docs`. */
  readonly store?: string;
}

export interface SearchWorldOptions extends Partial<Pick<RetrieverOptions, 'models' | 'createReranker'>> {
  readonly settings?: Partial<SearchSettings>;
  readonly log?: Logger;
  /** Default: the built-in one. */
  readonly embedder?: Embedder;
  /** The collection is somebody else's. */
  readonly given?: GivenCollection;
  /** The index does not know filters, as one that lags behind a change of metadata. */
  readonly indexIgnoresFilters?: boolean;
}

export interface SearchWorld {
  readonly retriever: Retriever;
  readonly clock: SteeredClock;
  /** What was embedded: `<purpose>: <text>`. */
  readonly embedded: string[];
  /** `<document>:<chunk>` of the hits in the store `docs`. */
  ids(query: string, options?: Partial<Parameters<Retriever['search']>[1]>): Promise<readonly string[]>;
}

export async function createSearchWorld(documents: readonly WorldDocument[], options: SearchWorldOptions = {}): Promise<SearchWorld> {
  const { embedder = embedHashed(), models = new Map(), createReranker, log = silentLogger, indexIgnoresFilters = false } = options;
  const chunks = new Map<string, StoredChunk>();
  for (const document of documents) {
    const vectors = await embedder.embed(document.texts, 'document', new AbortController().signal);
    document.texts.forEach((text, index) => {
      const chunk = toChunk(document, text, index, vectors[index] as Float32Array);
      chunks.set(chunkId(chunk.documentKey, index), chunk);
    });
  }
  const embedded: string[] = [];
  const follower: SearchableStore['follower'] = {
    async search({ vector, topK, filter = {} }) {
      const hits = [...chunks]
        .filter(([, chunk]) => indexIgnoresFilters || matchesFilter(chunk.metadata, filter))
        .map(([id, chunk]) => ({ id, score: Math.max(0, dot(vector, chunk.vector)) }));
      return { position: { source: 's', version: 1 }, hits: hits.sort((a, b) => b.score - a.score).slice(0, topK) };
    },
  };
  const chunkStore: RetrieverOptions['chunkStore'] = {
    chunks: async (_collection, _embedder, ids) => ids.flatMap((id) => chunks.get(id) ?? []),
    async byWords({ words, documentIds, limit, ...scope }) {
      const all = [...chunks.values()].map((chunk) => ({ chunk, words: chunkWords(chunk) }));
      const holders = new Map(words.map((word) => [word, all.filter((one) => one.words.includes(word)).length]));
      const matches = all
        .filter(({ chunk }) => (!('store' in scope) || chunk.store === scope.store) && (documentIds?.includes(chunk.documentId) ?? true))
        .filter((one) => one.words.some((word) => words.includes(word)))
        .map(({ chunk: { documentKey: key, index }, words: own }) => ({ documentKey: key, index, words: own }));
      return { total: chunks.size, holders, matches: matches.slice(0, limit) };
    },
  };
  const clock = createSteeredClock();
  const store: SearchableStore = {
    ...{
      name: 'docs',
      collection: 'c',
      embedderFingerprint: 'e',
      vectorProvider: 'hnsw',
      follower,
      search: searchSettings(options.settings),
    },
    ...(options.given === undefined ? {} : { given: options.given }),
    embedder: {
      ...embedder,
      embed(texts, purpose, signal) {
        embedded.push(...texts.map((text) => `${purpose}: ${text}`));
        return embedder.embed(texts, purpose, signal);
      },
    },
  };
  const retriever = createRetriever(new Map([['docs', store]]), { chunkStore, models, createReranker, clock, log });
  return {
    retriever,
    clock,
    embedded,
    async ids(query, asked = {}) {
      const hits = await retriever.search(query, { stores: ['docs'], ...asked }, new AbortController().signal);
      return hits.map(({ documentId, chunkIndex }) => `${documentId}:${chunkIndex}`);
    },
  };
}

function toChunk(document: WorldDocument, text: string, index: number, vector: Float32Array): StoredChunk {
  const { id, title = '', metadata = {}, place = {}, store = 'docs' } = document;
  return {
    ...{ documentKey: documentKey(store, id), index, store, documentId: id, title, sourcePath: id, text, startLine: 1, endLine: 1 },
    ...{ place, vector, metadata: chunkMetadata(metadata, store, id, place) },
  };
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] as number), 0);
}
