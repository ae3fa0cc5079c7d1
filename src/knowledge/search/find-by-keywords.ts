import { AppError } from '../../base/errors.js';
import { type MetadataFilter, matchesFilter } from '../../base/metadata.js';
import { type ChunkStore, chunkId, type StoredChunk } from '../chunk-store.js';
import { queryWords } from './chunk-words.js';
import { dropEqual } from './drop-duplicates.js';
import { ownChunk } from './find-by-vector.js';
import type { FoundChunk, SearchableStore } from './found-chunk.js';
import type { PartOptions } from './part-options.js';
import { rankKeywords } from './rank-keywords.js';

/** Asks the full text of the database; best first. Chunks that an earlier embedder made vectors of are found, too. */
export async function findByKeywords(
  store: SearchableStore,
  query: string,
  { limit, threshold, filter }: PartOptions,
  chunkStore: Pick<ChunkStore, 'chunks' | 'byWords'>,
): Promise<readonly FoundChunk[]> {
  const words = queryWords(query);
  if (words.length === 0) return [];
  const { name, collection, given } = store;
  if (given !== undefined && (await given.isForeign()))
    throw new AppError('INDEX_FAILED', {
      message: `The collection '${collection}' is filled by somebody else and can be searched by meaning only; set document_stores.${name}.search.mode to vector`,
    });
  const scope = given === undefined ? { store: name } : { collection };
  const documentIds = filter === undefined || given !== undefined ? undefined : documentIdsOf(filter);
  const texts = new Map<string, StoredChunk>();
  // Asks for more while a filter or repeated texts let chunks fall away.
  for (let wanted = Math.max(limit * 2, MIN_CANDIDATES); ; wanted *= 4) {
    const found = await chunkStore.byWords({ ...scope, words, documentIds, limit: wanted });
    const ranked = rankKeywords(words, found).filter(({ score }) => score > 0 && score >= threshold);
    let kept: readonly FoundChunk[] = [];
    for (let at = 0; at < ranked.length && kept.length < limit; at += PAGE) {
      const page = ranked.slice(at, at + PAGE);
      const unknown = page.map(({ id }) => id).filter((id) => !texts.has(id));
      for (const chunk of await chunkStore.chunks(collection, undefined, unknown))
        texts.set(chunkId(chunk.documentKey, chunk.index), chunk);
      const fitting = page.flatMap(({ id, score }) => {
        const chunk = ownChunk(store, texts.get(id));
        return chunk === undefined || (filter !== undefined && !matchesFilter(chunk.metadata, filter)) ? [] : [{ chunk, score }];
      });
      kept = dropEqual([...kept, ...fitting]).slice(0, limit);
    }
    if (kept.length >= limit || found.matches.length < wanted || wanted >= MAX_CANDIDATES) return kept;
  }
}

/** Documents that the filter names; `undefined` = it names none, so that the database cannot choose them. */
function documentIdsOf({ document_id: condition }: MetadataFilter): readonly string[] | undefined {
  const ids = Array.isArray(condition) ? (condition as readonly unknown[]) : [condition];
  const named = ids.filter((id): id is string => typeof id === 'string');
  return named.length === ids.length && ids.length <= MAX_NAMED ? named : undefined;
}

/** The database's order is near ours, not equal to it: its first ones are ranked anew. */
const MIN_CANDIDATES = 200;
const MAX_CANDIDATES = 5_000;
const PAGE = 50;
const MAX_NAMED = 500;
