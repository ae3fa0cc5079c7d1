/** BM25 over what the databases found, so that all of them rank alike. */
import { type ChunkWordMatches, chunkId } from '../chunk-store.js';

export interface RankedChunk {
  /** `chunkId`. */
  readonly id: string;
  /** 0–1: of what a chunk could have that is full of the query's words. */
  readonly score: number;
}

/** Best first. Words that no chunk has weigh as the rarest ones do: a chunk that lacks them is not a full match. */
export function rankKeywords(words: readonly string[], { total, holders, matches }: ChunkWordMatches): readonly RankedChunk[] {
  const weights = weighWords(total, new Map(words.map((word) => [word, holders.get(word) ?? 0])));
  const most = [...weights.values()].reduce((sum, weight) => sum + weight, 0) * (SATURATION + 1);
  if (most === 0) return [];
  const averageLength = matches.reduce((sum, match) => sum + match.words.length, 0) / Math.max(1, matches.length);
  const ranked = matches.map(({ documentKey, index, words: own }) => {
    const counts = new Map<string, number>();
    for (const word of own) if (weights.has(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
    const lengthPart = SATURATION * (1 - LENGTH_SHARE + (LENGTH_SHARE * own.length) / averageLength);
    let sum = 0;
    for (const [word, count] of counts) sum += ((weights.get(word) ?? 0) * count * (SATURATION + 1)) / (count + lengthPart);
    return { id: chunkId(documentKey, index), score: Math.min(1, sum / most) };
  });
  return ranked.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}

/** What a word tells: the rarer, the more. */
export function weighWords(total: number, holders: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...holders].map(([word, count]) => [word, Math.log(1 + Math.max(0, total - count + 0.5) / (count + 0.5))]));
}

/** BM25's usual k1 and b. */
const SATURATION = 1.2;
const LENGTH_SHARE = 0.75;
