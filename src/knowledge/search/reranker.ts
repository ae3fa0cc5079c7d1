/**
 * Contract of what reads a query together with each passage and says how well they fit: a language model (`llm-reranker.ts`), or a cross-encoder
 * that code brings (`Extensions.createReranker`).
 */
export interface Reranker {
  /** Passages that it reads at most; those behind stay behind. */
  readonly maxPassages: number;
  /** 0–1 for each passage, in the order of `passages`. A throw leaves the order as it was. */
  rerank(query: string, passages: readonly string[], signal: AbortSignal): Promise<readonly number[]>;
}
