/** The members of `Settings` that documents are ingested and searched by: `embedders`, `vector_stores`, `document_stores`. */
import type { SourceSettings } from './source-settings.js';

/** CFG-60 */
export interface EmbedderSettings {
  readonly provider: EmbedderProvider;
  readonly model: string;
  /** '' = none. */
  readonly apiKey: string;
  /** '' = the provider's own. */
  readonly baseUrl: string;
  /** Length of a vector; 0 = what the model is known or found to give. */
  readonly dimension: number;
  /** Longest wait for the answer to one request, milliseconds. Default 30,000 (EMB-04). */
  readonly timeoutMs: number;
  /** Texts per request at most. Default 100. */
  readonly batchSize: number;
  /** How openai writes vectors. Default `float`. */
  readonly encodingFormat: 'float' | 'base64';
  /** Passed on to openai; '' = none. */
  readonly user: string;
  /** What cohere is told that texts are for; `auto` = documents or queries, as it is. */
  readonly inputType: 'auto' | 'search_document' | 'search_query' | 'classification' | 'clustering';
  /** Length that the service is asked for; 0 = its own. */
  readonly outputDimension: number;
  /** What becomes of a text that is too long for the model: refused, or cut at its start or end. */
  readonly truncate: 'NONE' | 'START' | 'END';
  /** 0 = as the service says. */
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
  readonly cache: { readonly enabled: boolean; readonly maxEntries: number };
}

export type EmbedderProvider = 'local' | 'ollama' | 'openai' | 'cohere';

export interface VectorStoreSettings {
  /** `chromem` is accepted in YAML and means `hnsw` (spec README, decision 12). */
  readonly type: 'hnsw';
  /** Absolute folder of snapshot files. */
  readonly persistPath: string;
}

export interface DocumentStoreSettings {
  readonly source: SourceSettings;
  readonly chunking: ChunkingSettings;
  /** Key in `vector_stores`. */
  readonly vectorStore: string;
  /** Key in `embedders`. */
  readonly embedder: string;
  readonly collection: string;
  readonly search: { readonly topK: number; readonly threshold: number };
  readonly indexing: { readonly maxConcurrent: number };
}

export interface ChunkingSettings {
  readonly strategy: 'simple' | 'overlapping' | 'sentence';
  /** Characters. */
  readonly size: number;
  readonly overlap: number;
  readonly minSize: number;
  readonly maxSize: number;
  readonly preserveWords: boolean;
  /** For `sentence`. */
  readonly sentencesPerChunk: number;
}
