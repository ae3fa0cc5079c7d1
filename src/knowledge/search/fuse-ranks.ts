/** Reciprocal rank fusion: what several searches rank high comes first, whatever their scores mean (RAG-45). */
import { bestFirst, type FoundChunk, idOf } from './found-chunk.js';

export interface RankedList {
  /** Best first. */
  readonly found: readonly FoundChunk[];
  /** What the list counts. */
  readonly weight: number;
}

/** Best first; 1 = first in every list. */
export function fuseRanks(lists: readonly RankedList[]): readonly FoundChunk[] {
  const most = lists.reduce((sum, { weight }) => sum + weight / (RANK_OFFSET + 1), 0);
  if (most === 0) return [];
  const fused = new Map<string, FoundChunk>();
  for (const { found, weight } of lists)
    found.forEach((item, place) => {
      const id = idOf(item);
      fused.set(id, { chunk: item.chunk, score: (fused.get(id)?.score ?? 0) + weight / (RANK_OFFSET + 1 + place) });
    });
  const ranked = [...fused.values()].filter(({ score }) => score > 0).map(({ chunk, score }) => ({ chunk, score: score / most }));
  return ranked.sort(bestFirst);
}

/** Each chunk once, with the best of its scores (RAG-43). */
export function mergeByBestScore(lists: readonly (readonly FoundChunk[])[]): readonly FoundChunk[] {
  const best = new Map<string, FoundChunk>();
  for (const item of lists.flat()) {
    const id = idOf(item);
    if ((best.get(id)?.score ?? -1) < item.score) best.set(id, item);
  }
  return [...best.values()].sort(bestFirst);
}

/** How little the first places differ: the value of the paper that brought it up, and of everybody since. */
const RANK_OFFSET = 60;
