/** Contract of embedders. */
export type EmbedPurpose = 'document' | 'query';

/** One unit-length vector per text, in order. `anew`: whatever is remembered of documents does not count, the model is asked. */
export type EmbedTexts = (
  texts: readonly string[],
  purpose: EmbedPurpose,
  signal: AbortSignal,
  anew?: boolean,
) => Promise<readonly Float32Array[]>;

export interface Embedder {
  readonly provider: string;
  readonly model: string;
  /** Length of every vector, as configured or known of the model; `undefined`: what the model gives, which stays the same too. */
  readonly dimension: number | undefined;
  /** What else its vectors depend on, such as the server that a model's name belongs to. Default nothing. */
  readonly variant?: string;
  /** Texts per request at most. `embed` takes any number. */
  readonly batchSize: number;
  /**
   * `purpose` matters to providers that embed queries differently (EMB-03).
   * @throws AppError `EMBEDDER_*`; what may pass by itself has been tried again.
   */
  embed: EmbedTexts;
}
