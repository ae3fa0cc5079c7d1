/** Asks document stores, each as it is configured, and merges what they find. */
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import type { SearchSettings } from '../../config/search-settings.js';
import type { Logger } from '../../observe/log.js';
import type { LanguageModel } from '../../providers/llms/contract.js';
import type { ChunkStore } from '../chunk-store.js';
import { AnswerCache } from './answer-cache.js';
import { dropDuplicates } from './drop-duplicates.js';
import { bestFirst, type FoundChunk, type SearchableStore, toHit } from './found-chunk.js';
import { createModelSteps } from './model-steps.js';
import type { Reranker } from './reranker.js';
import type { Retriever } from './retriever.js';
import { type StoreSearch, searchStore } from './search-store.js';

/** What a configuration gives to searches beside its stores. */
export interface SearchAids {
  /** By key in `llms`. */
  readonly models: ReadonlyMap<string, LanguageModel>;
  /** For a store with `enable_rerank`; `undefined` leaves it to its `rerank_llm`. */
  readonly createReranker?: ((store: string, settings: SearchSettings) => Reranker | undefined) | undefined;
}

export interface RetrieverOptions extends SearchAids {
  readonly chunkStore: Pick<ChunkStore, 'chunks' | 'byWords'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** @throws AppError `CONFIG_INVALID` for a store whose model is not there. */
export function createRetriever(stores: ReadonlyMap<string, SearchableStore>, options: RetrieverOptions): Retriever {
  const { chunkStore, log, createReranker } = options;
  const cache = new AnswerCache();
  const prepared = new Map(
    [...stores].map(([name, store]) => {
      const settings = store.search;
      const reranker = settings.enableRerank ? createReranker?.(name, settings) : undefined;
      return [name, { store, steps: createModelSteps({ ...options, store: name, settings, reranker, cache }) }];
    }),
  );
  return {
    async search(query, { stores: names, ...asked }, signal) {
      const text = query.trim();
      if (text.length < MIN_QUERY || text.length > MAX_QUERY) {
        throw new AppError('SEARCH_QUERY_INVALID', {
          message: `A search query has ${MIN_QUERY} to ${MAX_QUERY} characters, this one has ${text.length}`,
        });
      }
      const searched = [...new Set(names)].map((name) => getStore(prepared, name));
      const embed = embedOnce(signal);
      const results = await Promise.allSettled(searched.map((one) => searchStore({ ...one, chunkStore, embed, log }, text, asked, signal)));
      signal.throwIfAborted();
      const found = mergeResults(
        searched.map(({ store }) => store.name),
        results,
        log,
      );
      const limit = asked.limit ?? Math.max(0, ...searched.map(({ store }) => store.search.topK));
      return dropDuplicates(found.sort(bestFirst)).slice(0, limit).map(toHit);
    },
  };
}

function getStore<T>(stores: ReadonlyMap<string, T>, name: string): T {
  const store = stores.get(name);
  if (store === undefined)
    throw new AppError('DOCUMENT_STORE_NOT_FOUND', {
      message: `There is no document store '${name}'; document_stores has ${[...stores.keys()].join(', ') || 'none'}`,
    });
  return store;
}

/** For one search: each text once by each embedder. */
function embedOnce(signal: AbortSignal): StoreSearch['embed'] {
  const vectors = new Map<string, Promise<Float32Array>>();
  const make = async ({ embedder }: SearchableStore, text: string, purpose: 'query' | 'document') => {
    const [vector] = await embedder.embed([text], purpose, signal);
    if (vector === undefined) throw new AppError('EMBEDDER_FAILED', { message: 'The embedder gave no vector for the query' });
    return vector;
  };
  return (store, text, purpose) => {
    const key = `${store.embedderFingerprint}\n${purpose}\n${text}`;
    const vector = vectors.get(key) ?? make(store, text, purpose);
    vectors.set(key, vector);
    return vector;
  };
}

/** One store's failure is logged while others answer; when all fail, so does the search. */
function mergeResults(
  names: readonly string[],
  results: readonly PromiseSettledResult<readonly FoundChunk[]>[],
  log: Logger,
): FoundChunk[] {
  const failures = results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ store: names[index], error: result.reason as unknown }] : [],
  );
  for (const { store, error } of failures) log.warn({ err: error, store }, `the search in '${store}' failed`);
  if (failures.length > 0 && failures.length === names.length) {
    throw new AppError('INDEX_FAILED', {
      message: `The search failed in every store (${names.join(', ')})`,
      cause: failures[0]?.error,
    });
  }
  return results.flatMap((result) => (result.status === 'fulfilled' ? [...result.value] : []));
}

/** RAG-41 */
const MIN_QUERY = 2;
const MAX_QUERY = 10_000;
