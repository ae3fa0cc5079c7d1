/** How agents and tools ask the document stores. */
import type { MetadataFilter } from '../../base/metadata.js';
import type { SearchMode } from '../../config/search-settings.js';
import type { FoundPassage } from '../../providers/tools/passage-search.js';

/** A chunk that was found, as the `search` tool hands it on. */
export type SearchHit = FoundPassage;

export interface SearchOptions {
  /** Stores to ask; only those the caller may see. */
  readonly stores: readonly string[];
  /** Default: the stores' own `search.top_k`. */
  readonly limit?: number;
  /** 0–1; default: the stores' own `search.threshold`. */
  readonly threshold?: number;
  /** Default: the stores' own `search.mode`. */
  readonly mode?: SearchMode;
  /** Of what `chunkMetadata` tells. Default: every chunk. */
  readonly filter?: MetadataFilter;
}

export interface Retriever {
  /**
   * Hits of all stores, best first.
   * @throws AppError `SEARCH_QUERY_INVALID` (RAG-41), `DOCUMENT_STORE_NOT_FOUND`.
   */
  search(query: string, options: SearchOptions, signal: AbortSignal): Promise<readonly SearchHit[]>;
}
