/** Unit vectors as embeddings lie: in clusters of very different sizes and widths, the same for the same seed. */

export const DIMENSION = 384;

export interface ClusteredVectors {
  readonly count: number;
  /** One after another. */
  readonly all: Float32Array<ArrayBuffer>;
  at(index: number): Float32Array<ArrayBuffer>;
}

/** `seed` decides what is drawn, `world` where the clusters are: queries come from the world of what they look for. */
export function clusteredVectors(count: number, { seed, world }: { readonly seed: number; readonly world: number }): ClusteredVectors {
  const place = generator(world);
  const centers = Array.from({ length: CLUSTERS }, () => ({
    center: unit(Float32Array.from({ length: DIMENSION }, () => normal(place))),
    width: 0.4 + 0.6 * place(),
  }));
  const draw = generator(seed);
  const all = new Float32Array(count * DIMENSION);
  for (let index = 0; index < count; index++) {
    // Squared: the largest cluster has some hundred times as many as the middle one.
    const { center, width } = centers[Math.floor(CLUSTERS * draw() ** 2)] as (typeof centers)[number];
    const noise = unit(Float32Array.from({ length: DIMENSION }, () => normal(draw)));
    all.set(unit(center.map((value, at) => value + width * (noise[at] as number))), index * DIMENSION);
  }
  return { count, all, at: (index) => all.subarray(index * DIMENSION, (index + 1) * DIMENSION) };
}

/** The true nearest ten of each query, by looking at everything. */
export function trueNearest(vectors: ClusteredVectors, queries: ClusteredVectors): readonly ReadonlySet<number>[] {
  return Array.from({ length: queries.count }, (_, query) => {
    const asked = queries.at(query);
    const scores = new Float32Array(vectors.count);
    for (let index = 0; index < vectors.count; index++) {
      let sum = 0;
      for (let at = 0; at < DIMENSION; at++) sum += (asked[at] as number) * (vectors.all[index * DIMENSION + at] as number);
      scores[index] = sum;
    }
    const tenth = Float32Array.from(scores).sort().at(-10) as number;
    return new Set([...scores.keys()].filter((index) => (scores[index] as number) >= tenth));
  });
}

function generator(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return random() + random() + random() + random() - 2;
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / length);
}

const CLUSTERS = 200;
