/** The true nearest, by looking at every vector: what a graph only comes close to. */

export interface LabelScore {
  readonly label: number;
  /** Inner product, which is the cosine of unit vectors. */
  readonly score: number;
}

export function score(label: number, query: Float32Array, vector: ArrayLike<number>): LabelScore {
  let sum = 0;
  for (let at = 0; at < query.length; at++) sum += (query[at] as number) * (vector[at] as number);
  return { label, score: sum };
}

/** The best `limit`, best first; of equal scores the lower label. */
export function best(scores: LabelScore[], limit: number): readonly LabelScore[] {
  return scores.sort((a, b) => b.score - a.score || a.label - b.label).slice(0, limit);
}
