import type { RecallCandidate } from './recall-store.js';

export interface Ranked<T> {
  readonly candidate: T;
  /** 0–1 */
  readonly score: number;
}

type WordCandidate = RecallCandidate & { readonly words: readonly string[] };

/**
 * By the share of the question's words that a message has, rare ones counting more; of equals the shorter one, then the newer one. The same
 * candidates give the same order, whichever database found them.
 */
export function rankWords<T extends WordCandidate>(question: readonly string[], candidates: readonly T[]): readonly Ranked<T>[] {
  const sets = candidates.map((candidate) => new Set(candidate.words));
  const weights = new Map(
    question.map((word) => {
      const holders = sets.filter((words) => words.has(word)).length;
      return [word, Math.log(1 + (candidates.length + 1) / (holders + 1))];
    }),
  );
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  const ranked = candidates.map((candidate, index) => {
    let found = 0;
    for (const [word, weight] of weights) if (sets[index]?.has(word) === true) found += weight;
    const length = candidate.words.length;
    return { candidate, score: total === 0 ? 0 : (found / total) * (1 - (0.2 * length) / (length + 200)) };
  });
  return ranked.sort((a, b) => b.score - a.score || comparePlaces(a.candidate, b.candidate));
}

/** Newest first; places decide among equals. */
export function comparePlaces(a: RecallCandidate, b: RecallCandidate): number {
  return b.createdAt - a.createdAt || (a.sessionId < b.sessionId ? -1 : a.sessionId > b.sessionId ? 1 : a.position - b.position);
}
