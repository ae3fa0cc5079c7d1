/** `document_stores.<name>.search` (RAG-40…RAG-45). */
export interface SearchSettings {
  readonly mode: SearchMode;
  readonly topK: number;
  /** Of similarity, or of what a chunk has of the query's words, 0–1. */
  readonly threshold: number;
  /** With `hybrid`; not both are 0. */
  readonly vectorWeight: number;
  readonly keywordWeight: number;
  readonly hyde: SearchStepSettings;
  /** `count`: beside the query itself. */
  readonly multiQuery: SearchStepSettings & { readonly count: number };
  readonly rerank: SearchStepSettings & { readonly maxResults: number };
  /** Longest wait for one answer of a model. */
  readonly llmTimeoutMs: number;
}

/** A step of a search that asks a model. */
export interface SearchStepSettings {
  readonly enabled: boolean;
  /** Key in `llms`; `undefined` only where the step is off. */
  readonly llm: string | undefined;
}

export type SearchMode = 'vector' | 'keyword' | 'hybrid';
