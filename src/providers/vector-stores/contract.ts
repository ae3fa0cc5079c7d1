/** Contract of vector stores: nearest neighbours by cosine. Texts and the truth about chunks are in SQL. */
export interface VectorEntry {
  readonly id: string;
  /** Unit length. */
  readonly vector: Float32Array;
}

export interface VectorHit {
  readonly id: string;
  /** Cosine similarity mapped to 0–1 (VEC-07). */
  readonly score: number;
}

export interface VectorStore {
  /** `vector_stores.<name>.type`. */
  readonly type: string;
  upsert(collection: string, entries: readonly VectorEntry[]): Promise<void>;
  remove(collection: string, ids: readonly string[]): Promise<void>;
  /** The nearest `topK`, best first. An unknown collection has no entries. */
  search(collection: string, vector: Float32Array, topK: number): Promise<readonly VectorHit[]>;
  count(collection: string): Promise<number>;
  dropCollection(collection: string): Promise<void>;
  close(): Promise<void>;
}
