/** One store's part of a search: widen the query, look by meaning and by words, fuse, drop what is there twice, let a model put it in order. */
import { AppError } from '../../base/errors.js';
import type { SearchSettings } from '../../config/search-settings.js';
import type { Logger } from '../../observe/log.js';
import { annotateSpan } from '../../observe/trace.js';
import type { ChunkStore } from '../chunk-store.js';
import { dropDuplicates } from './drop-duplicates.js';
import { findByKeywords } from './find-by-keywords.js';
import { findByVector } from './find-by-vector.js';
import { bestFirst, type FoundChunk, type SearchableStore } from './found-chunk.js';
import { fuseRanks, mergeByBestScore } from './fuse-ranks.js';
import type { ModelSteps, RerankStep } from './model-steps.js';
import type { PartOptions } from './part-options.js';
import type { SearchOptions } from './retriever.js';

export interface StoreSearch {
  readonly store: SearchableStore;
  readonly steps: ModelSteps;
  readonly chunkStore: Pick<ChunkStore, 'chunks' | 'byWords'>;
  /** A query's vector; asked twice for one text, it is made once. */
  readonly embed: (store: SearchableStore, text: string, purpose: 'query' | 'document') => Promise<Float32Array>;
  readonly log: Logger;
}

export async function searchStore(
  search: StoreSearch,
  query: string,
  options: Omit<SearchOptions, 'stores'>,
  signal: AbortSignal,
): Promise<readonly FoundChunk[]> {
  const { steps } = search;
  const settings = { ...search.store.search, ...(options.mode === undefined ? {} : { mode: options.mode }) };
  const limit = options.limit ?? settings.topK;
  annotateSpan({
    'hector.rag.mode': settings.mode,
    'hector.rag.hyde_enabled': steps.hypothesis !== undefined,
    'hector.rag.multiquery_enabled': steps.variants !== undefined,
    'hector.rag.rerank_enabled': steps.rerank !== undefined,
    'hector.rag.embedding_model': search.store.embedder.model,
    'hector.rag.vector_provider': search.store.vectorProvider,
  });
  const [hypothesis, variants = []] = await Promise.all([
    settings.mode === 'keyword' ? undefined : steps.hypothesis?.(query, signal),
    steps.variants?.(query, signal),
  ]);
  const depth = steps.rerank === undefined ? limit : Math.max(limit, Math.min(limit * RERANK_DEPTH, MAX_RERANK_DEPTH));
  const part = { limit: depth + SPARE, threshold: options.threshold ?? settings.threshold, filter: options.filter };
  const asked = [{ text: query, hypothesis }, ...variants.map((text) => ({ text, hypothesis: undefined }))];
  const lists = await Promise.all(asked.map((one) => findParts(search, settings, one, part, signal)));
  const found = dropDuplicates(mergeByBestScore(lists));
  return (await rerank(steps.rerank, query, found.slice(0, depth), signal)).slice(0, limit);
}

interface Asked {
  readonly text: string;
  /** Looked for by meaning in place of the text. */
  readonly hypothesis: string | undefined;
}

async function findParts(
  { store, chunkStore, embed, log }: StoreSearch,
  { mode, vectorWeight, keywordWeight }: SearchSettings,
  { text, hypothesis }: Asked,
  part: PartOptions,
  signal: AbortSignal,
): Promise<readonly FoundChunk[]> {
  const byVector = async (options: PartOptions) => {
    const vector = hypothesis === undefined ? await embed(store, text, 'query') : await embed(store, hypothesis, 'document');
    return await findByVector(store, vector, options, chunkStore, signal);
  };
  if (mode === 'vector') return await byVector(part);
  if (mode === 'keyword') return await findByKeywords(store, text, part, chunkStore);
  const deep = { ...part, limit: Math.max(part.limit * 2, FUSED_DEPTH) };
  const results = await Promise.allSettled([byVector(deep), findByKeywords(store, text, deep, chunkStore)]);
  signal.throwIfAborted();
  const weights = [vectorWeight, keywordWeight];
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (failures.length === results.length)
    throw new AppError('INDEX_FAILED', { message: `Neither meaning nor words could be looked for in '${store.name}'`, cause: failures[0] });
  for (const error of failures) log.warn({ err: error, store: store.name }, 'half of a hybrid search failed, the other half answers');
  return fuseRanks(
    results.flatMap((result, index) => (result.status === 'rejected' ? [] : [{ found: result.value, weight: weights[index] ?? 0 }])),
  );
}

async function rerank(
  step: RerankStep | undefined,
  query: string,
  found: readonly FoundChunk[],
  signal: AbortSignal,
): Promise<readonly FoundChunk[]> {
  if (step === undefined || found.length < 2) return found;
  const read = found.slice(0, step.maxPassages);
  const scores = await step.run(
    query,
    read.map(({ chunk }) => chunk.text),
    signal,
  );
  if (scores === undefined) return found;
  const ranked = read.map(({ chunk }, index) => ({ chunk, score: Math.min(1, Math.max(0, scores[index] ?? 0)) })).sort(bestFirst);
  const lowest = ranked.at(-1)?.score ?? 0;
  // Not read: behind those that were, in the order in which they came.
  return [...ranked, ...found.slice(step.maxPassages).map(({ chunk, score }) => ({ chunk, score: score * lowest }))];
}

/** RAG-44 */
const RERANK_DEPTH = 3;
const MAX_RERANK_DEPTH = 100;
/** For near duplicates, which fall away when everything is there. */
const SPARE = 10;
/** Looked at by each half, at least: a chunk that both rank tenth goes before one that only one ranks first. */
const FUSED_DEPTH = 50;
