/** Unit vectors as embeddings lie: in clusters of very different sizes and widths, the same for the same seed. */

import { FlatRows } from '../../src/providers/vector-stores/adapters/hnsw/flat-rows.js';
import { TopHits } from '../../src/providers/vector-stores/adapters/hnsw/top-hits.js';

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
  const centers = Array.from({ length: CLUSTERS }, () => ({ center: noise(place), width: 0.4 + 0.6 * (place() / 2 ** 32) }));
  const draw = generator(seed);
  const all = new Float32Array(count * DIMENSION);
  for (let index = 0; index < count; index++) {
    // Squared: the largest cluster has many times as many as the smallest.
    const { center, width } = centers[Math.floor(CLUSTERS * (draw() / 2 ** 32) ** 2)] as (typeof centers)[number];
    const shift = noise(draw);
    for (let at = 0; at < DIMENSION; at++) shift[at] = (center[at] as number) + width * (shift[at] as number);
    all.set(normalize(shift), index * DIMENSION);
  }
  return { count, all, at: (index) => all.subarray(index * DIMENSION, (index + 1) * DIMENSION) };
}

/** The true nearest ten of each query, by looking at everything. */
export function trueNearest(vectors: ClusteredVectors, queries: ClusteredVectors): readonly ReadonlySet<number>[] {
  const flat = new FlatRows(DIMENSION, vectors.count);
  for (let index = 0; index < vectors.count; index++) flat.append(vectors.at(index));
  return Array.from({ length: queries.count }, (_, query) => {
    const hits = new TopHits(10);
    for (const [index, score] of flat.scores(queries.at(query)).entries()) if (score >= hits.floor) hits.offer(String(index), score);
    return new Set(hits.sorted().map(({ id }) => Number(id)));
  });
}

/** 32 random bits at a time. */
function generator(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) | 0;
    return state >>> 0;
  };
}

/** A random direction: sums of four bytes lie about as a bell curve does. */
function noise(random: () => number): Float32Array {
  const vector = new Float32Array(DIMENSION);
  for (let at = 0; at < DIMENSION; at++) {
    const bits = random();
    vector[at] = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510;
  }
  return normalize(vector);
}

function normalize(vector: Float32Array): Float32Array {
  let sum = 0;
  for (let at = 0; at < vector.length; at++) sum += (vector[at] as number) ** 2;
  const scale = 1 / Math.sqrt(sum);
  for (let at = 0; at < vector.length; at++) vector[at] = (vector[at] as number) * scale;
  return vector;
}

const CLUSTERS = 200;
