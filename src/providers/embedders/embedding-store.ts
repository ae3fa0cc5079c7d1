/** Contract of what is remembered of embedders beside the chunks: vectors by the text they are of. Implemented by `storage/sql`. */
export interface EmbeddingStore {
  /** Vectors by key, where there are; notes that they were asked for. */
  find(keys: readonly string[], at: number): Promise<ReadonlyMap<string, Float32Array>>;
  /** Keeps them; a key that is there stays as it is. */
  put(fingerprint: string, vectors: ReadonlyMap<string, Float32Array>, at: number): Promise<void>;
  /** Removes them, so that others can be kept in their place. */
  forget(keys: readonly string[]): Promise<void>;
  /** The length of this embedder's vectors as it was first seen, which is `dimension` if nobody saw any before. */
  learnDimension(fingerprint: string, dimension: number): Promise<number>;
  /**
   * Removes vectors that nobody asked for since `unusedSince`, and of each fingerprint in `limits` those beyond its limit, the longest unused
   * first. A part of the work when there is much; says how many went.
   */
  trim(limits: ReadonlyMap<string, number>, unusedSince: number, signal: AbortSignal): Promise<number>;
}
