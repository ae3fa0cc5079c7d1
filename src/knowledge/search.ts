/** Asks document stores: embeds the query, searches each store's index, takes texts and exact scores from SQL. */
import { AppError } from '../base/errors.js';
import type { Logger } from '../observe/log.js';
import type { Embedder } from '../providers/embedders/contract.js';
import { type ChunkStore, chunkId, type StoredChunk } from './chunk-store.js';
import type { SearchCollection } from './collection-search.js';
import type { IndexFollower } from './index-follower.js';
import type { Retriever, SearchHit, SearchOptions } from './retriever.js';

/** One document store as the search sees it. */
export interface SearchableStore {
  readonly name: string;
  readonly collection: string;
  readonly embedder: Embedder;
  readonly embedderFingerprint: string;
  readonly topK: number;
  readonly threshold: number;
  readonly follower: Pick<IndexFollower, 'search'>;
  /** Somebody else fills the collection: all that is in it counts, whatever store it is of (RAG-06). */
  readonly searchCollection?: SearchCollection;
}

export interface SearchDependencies {
  readonly chunkStore: Pick<ChunkStore, 'chunks'>;
  readonly log: Logger;
}

export function createRetriever(stores: ReadonlyMap<string, SearchableStore>, { chunkStore, log }: SearchDependencies): Retriever {
  return {
    async search(query, options, signal) {
      const text = query.trim();
      if (text.length < MIN_QUERY || text.length > MAX_QUERY) {
        throw new AppError('SEARCH_QUERY_INVALID', {
          message: `A search query has ${MIN_QUERY} to ${MAX_QUERY} characters, this one has ${text.length}`,
        });
      }
      const asked = [...new Set(options.stores)].map((name) => getStore(stores, name));
      const vectors = embedOncePerEmbedder(text, signal);
      const results = await Promise.allSettled(
        asked.map(async (store) => searchStore(store, await vectors(store), options, { chunkStore, signal })),
      );
      signal.throwIfAborted();
      const hits = mergeResults(asked, results, log);
      const limit = options.limit ?? Math.max(0, ...asked.map((store) => store.topK));
      return dropDuplicates(hits.sort(bestFirst)).slice(0, limit);
    },
  };
}

function getStore(stores: ReadonlyMap<string, SearchableStore>, name: string): SearchableStore {
  const store = stores.get(name);
  if (store === undefined)
    throw new AppError('DOCUMENT_STORE_NOT_FOUND', {
      message: `There is no document store '${name}'; document_stores has ${[...stores.keys()].join(', ') || 'none'}`,
    });
  return store;
}

function embedOncePerEmbedder(text: string, signal: AbortSignal): (store: SearchableStore) => Promise<Float32Array> {
  const vectors = new Map<string, Promise<Float32Array>>();
  const embed = async (embedder: Embedder) => {
    const [vector] = await embedder.embed([text], 'query', signal);
    if (vector === undefined) throw new AppError('EMBEDDER_FAILED', { message: 'The embedder gave no vector for the query' });
    return vector;
  };
  return (store) => {
    const vector = vectors.get(store.embedderFingerprint) ?? embed(store.embedder);
    vectors.set(store.embedderFingerprint, vector);
    return vector;
  };
}

async function searchStore(
  store: SearchableStore,
  vector: Float32Array,
  options: SearchOptions,
  { chunkStore, signal }: { chunkStore: Pick<ChunkStore, 'chunks'>; signal: AbortSignal },
): Promise<readonly SearchHit[]> {
  const limit = options.limit ?? store.topK;
  const threshold = options.threshold ?? store.threshold;
  const given = await store.searchCollection?.({ vector, limit, threshold }, signal);
  if (given !== undefined) return dropDuplicates([...given].sort(bestFirst));
  const texts = new Map<string, StoredChunk>();
  // Asks for more while entries fall away: chunks of other stores in the collection, just retired ones, repeated texts.
  for (let wanted = Math.max(limit * 2, MIN_CANDIDATES); ; wanted *= 4) {
    const { hits } = await store.follower.search({ vector, topK: wanted }, signal);
    const unknown = hits.map((hit) => hit.id).filter((id) => !texts.has(id));
    for (const chunk of await chunkStore.chunks(store.collection, store.embedderFingerprint, unknown))
      texts.set(chunkId(chunk.documentKey, chunk.index), chunk);
    const found = hits.flatMap((hit) => {
      const chunk = texts.get(hit.id);
      if (chunk === undefined || (chunk.store !== store.name && store.searchCollection === undefined)) return [];
      // The text may be newer than the vector in the index; the score belongs to the text.
      const score = cosine(vector, chunk.vector);
      return score >= threshold ? [{ ...toHit(chunk, score), store: store.name }] : [];
    });
    const kept = dropDuplicates(found.sort(bestFirst)).slice(0, limit);
    const isExhausted = hits.length < wanted || wanted >= MAX_CANDIDATES || (hits.at(-1)?.score ?? 0) < threshold;
    if (kept.length >= limit || isExhausted) return kept;
  }
}

/** One store's failure is logged while others answer; when all fail, so does the search. */
function mergeResults(
  asked: readonly SearchableStore[],
  results: readonly PromiseSettledResult<readonly SearchHit[]>[],
  log: Logger,
): SearchHit[] {
  const failures = results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ store: asked[index]?.name, error: result.reason as unknown }] : [],
  );
  for (const { store, error } of failures) log.warn({ err: error, store }, `the search in '${store}' failed`);
  if (failures.length > 0 && failures.length === asked.length) {
    throw new AppError('INDEX_FAILED', {
      message: `The search failed in every store (${asked.map((store) => store.name).join(', ')})`,
      cause: failures[0]?.error,
    });
  }
  return results.flatMap((result) => (result.status === 'fulfilled' ? [...result.value] : []));
}

function cosine(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return 0;
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] as number) * (b[at] as number);
  return Math.min(1, Math.max(0, sum));
}

function toHit(chunk: StoredChunk, score: number): SearchHit {
  const { store, documentId, index, text, sourcePath, title, startLine, endLine } = chunk;
  return { store, documentId, chunkIndex: index, content: text, score, sourcePath, title, startLine, endLine };
}

/** A total order, so that equal scores come in the same order everywhere. */
function bestFirst(a: SearchHit, b: SearchHit): number {
  return b.score - a.score || compare(a.store, b.store) || compare(a.documentId, b.documentId) || a.chunkIndex - b.chunkIndex;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Of equal texts the first stays. */
function dropDuplicates(hits: readonly SearchHit[]): SearchHit[] {
  const seen = new Set<string>();
  return hits.filter(({ content }) => !seen.has(content) && seen.add(content));
}

/** RAG-41 */
const MIN_QUERY = 2;
const MAX_QUERY = 10_000;
const MIN_CANDIDATES = 20;
const MAX_CANDIDATES = 2_000;
