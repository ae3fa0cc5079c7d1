/** `document_stores.<name>.search` (RAG-40…RAG-45). */
export interface SearchSettings {
  readonly mode: SearchMode;
  readonly topK: number;
  /** Of similarity, or of what a chunk has of the query's words, 0–1. */
  readonly threshold: number;
  /** With `hybrid`; not both are 0. */
  readonly vectorWeight: number;
  readonly keywordWeight: number;
  readonly enableHyde: boolean;
  /** Keys in `llms`; `undefined` only where the step is off. */
  readonly hydeLlm: string | undefined;
  readonly enableMultiQuery: boolean;
  readonly multiQueryLlm: string | undefined;
  /** Beside the query itself. */
  readonly multiQueryCount: number;
  readonly enableRerank: boolean;
  readonly rerankLlm: string | undefined;
  readonly rerankMaxResults: number;
  /** Longest wait for one answer of a model. */
  readonly llmTimeoutMs: number;
}

export type SearchMode = 'vector' | 'keyword' | 'hybrid';
