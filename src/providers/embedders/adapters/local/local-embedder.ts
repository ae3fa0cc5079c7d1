/** The built-in embedder as an `Embedder`: the work runs on text threads. */
import type { TextThreads } from '../../../../threads/pools.js';
import type { Embedder } from '../../contract.js';

/** Part of every stored vector's fingerprint: a change to the algorithm changes this name. */
export const LOCAL_MODEL = 'hashed-ngrams-2';

export interface LocalEmbedderOptions {
  readonly dimension: number;
  readonly batchSize: number;
}

export function createLocalEmbedder({ dimension, batchSize }: LocalEmbedderOptions, threads: TextThreads): Embedder {
  return {
    provider: 'local',
    model: LOCAL_MODEL,
    dimension,
    batchSize,
    async embed(texts, purpose, signal) {
      const { vectors } = await threads.run('embed', { texts, dimension }, { signal, urgent: purpose === 'query' });
      return texts.map((_, index) => vectors.subarray(index * dimension, (index + 1) * dimension));
    },
  };
}
