/** How agents and tools ask the document stores. */
export interface SearchHit {
  readonly store: string;
  readonly documentId: string;
  readonly chunkIndex: number;
  readonly content: string;
  /** 0–1, higher is nearer. */
  readonly score: number;
  /** Path below the source, or URL: what tells a reader which document it is without telling where the server keeps it. */
  readonly sourcePath: string;
  readonly title: string;
  readonly startLine: number;
  readonly endLine: number;
}

export interface SearchOptions {
  /** Stores to ask; only those the caller may see. */
  readonly stores: readonly string[];
  /** Default: the stores' own `search.top_k`. */
  readonly limit?: number;
  /** 0–1; default: the stores' own `search.threshold`. */
  readonly threshold?: number;
}

export interface Retriever {
  /**
   * Hits of all stores, best first.
   * @throws AppError `SEARCH_QUERY_INVALID` (RAG-41), `DOCUMENT_STORE_NOT_FOUND`.
   */
  search(query: string, options: SearchOptions, signal: AbortSignal): Promise<readonly SearchHit[]>;
}
