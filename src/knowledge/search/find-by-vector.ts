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
  const texts = new Map<string, StoredChunk>();
  const query = { vector, ...(filter === undefined ? {} : { filter }) };
  // Asks for more while entries fall away: chunks of other stores in the collection, just retired ones, repeated texts.
  for (let wanted = Math.max(limit * 2, MIN_CANDIDATES); ; wanted *= 4) {
    const { hits } = await store.follower.search({ ...query, topK: wanted }, signal);
    const unknown = hits.map((hit) => hit.id).filter((id) => !texts.has(id));
    for (const chunk of await chunkStore.chunks(store.collection, store.embedderFingerprint, unknown))
      texts.set(chunkId(chunk.documentKey, chunk.index), chunk);
    const found = hits.flatMap((hit) => {
      const chunk = texts.get(hit.id);
      // The text, and what is known of it, may be newer than what the index has; the score belongs to the text.
      if (chunk === undefined || chunk.store !== store.name) return [];
      if (filter !== undefined && !matchesFilter(chunk.metadata, filter)) return [];
      const score = cosine(vector, chunk.vector);
      return score >= threshold ? [{ chunk, score }] : [];
    });
    const kept = dropEqual(found.sort(bestFirst)).slice(0, limit);
    const isExhausted = hits.length < wanted || wanted >= MAX_CANDIDATES || (hits.at(-1)?.score ?? 0) < threshold;
    if (kept.length >= limit || isExhausted) return kept;
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return 0;
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] as number) * (b[at] as number);
  return Math.min(1, Math.max(0, sum));
}

const MIN_CANDIDATES = 20;
const MAX_CANDIDATES = 2_000;
