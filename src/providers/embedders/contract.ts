/** Contract of embedders. */
export interface Embedder {
  readonly provider: string;
  readonly model: string;
  /** Length of every vector. */
  readonly dimension: number;
  /** Texts per call at most. */
  readonly batchSize: number;
  /** One unit-length vector per text, in order. `purpose` matters to providers that embed queries differently (EMB-03). */
  embed(texts: readonly string[], purpose: 'document' | 'query', signal: AbortSignal): Promise<readonly Float32Array[]>;
}
