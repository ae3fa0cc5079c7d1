import { matchesFilter } from '../../base/metadata.js';
import { type ChunkStore, chunkId, type StoredChunk } from '../chunk-store.js';
import { dropEqual } from './drop-duplicates.js';
import { bestFirst, type FoundChunk, type SearchableStore } from './found-chunk.js';
import type { PartOptions } from './part-options.js';

/** Asks the index for the nearest, takes texts and exact scores from SQL; best first. */
export async function findByVector(
  store: SearchableStore,
  vector: Float32Array,
  { limit, threshold, filter }: PartOptions,
  chunkStore: Pick<ChunkStore, 'chunks'>,
  signal: AbortSignal,
): Promise<readonly FoundChunk[]> {
  const { given } = store;
  if (given !== undefined && (await given.isForeign())) {
    const found = await given.search(vector, { limit, threshold, filter }, signal);
    return dropEqual([...found].sort(bestFirst));
  }
  const texts = new Map<string, StoredChunk>();
  const query = { vector, ...(filter === undefined ? {} : { filter }) };
  // Asks for more while entries fall away: chunks of other stores in the collection, just retired ones, repeated texts.
  for (let wanted = Math.max(limit * 2, MIN_CANDIDATES); ; wanted *= 4) {
    const { hits } = await store.follower.search({ ...query, topK: wanted }, signal);
    const unknown = hits.map((hit) => hit.id).filter((id) => !texts.has(id));
    for (const chunk of await chunkStore.chunks(store.collection, store.embedderFingerprint, unknown))
      texts.set(chunkId(chunk.documentKey, chunk.index), chunk);
    const found = hits.flatMap((hit) => {
      const chunk = ownChunk(store, texts.get(hit.id));
      // The text, and what is known of it, may be newer than what the index has; the score belongs to the text.
      if (chunk === undefined) return [];
      if (filter !== undefined && !matchesFilter(chunk.metadata, filter)) return [];
      const score = cosine(vector, chunk.vector);
      return score >= threshold ? [{ chunk, score }] : [];
    });
    const kept = dropEqual(found.sort(bestFirst)).slice(0, limit);
    const isExhausted = hits.length < wanted || wanted >= MAX_CANDIDATES || (hits.at(-1)?.score ?? 0) < threshold;
    if (kept.length >= limit || isExhausted) return kept;
  }
}

/** What is of another store in the same collection is none of this one's, unless the collection as a whole is. */
export function ownChunk({ name, given }: SearchableStore, chunk: StoredChunk | undefined): StoredChunk | undefined {
  if (chunk === undefined || chunk.store === name) return chunk;
  return given === undefined ? undefined : { ...chunk, store: name };
}

function cosine(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return 0;
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] as number) * (b[at] as number);
  return Math.min(1, Math.max(0, sum));
}

const MIN_CANDIDATES = 20;
const MAX_CANDIDATES = 2_000;
