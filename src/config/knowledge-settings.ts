/** The members of `Settings` that documents are ingested and searched by: `embedders`, `vector_stores`, `document_stores`. */
export interface EmbedderSettings {
  readonly provider: 'local';
  readonly model: string;
  readonly dimension: number;
  readonly batchSize: number;
}

export interface VectorStoreSettings {
  /** `chromem` is accepted in YAML and means `hnsw` (spec README, decision 12). */
  readonly type: 'hnsw';
  /** Absolute folder of snapshot files. */
  readonly persistPath: string;
}

export interface DocumentStoreSettings {
  readonly source: DirectorySourceSettings;
  readonly chunking: ChunkingSettings;
  /** Key in `vector_stores`. */
  readonly vectorStore: string;
  /** Key in `embedders`. */
  readonly embedder: string;
  readonly collection: string;
  readonly search: { readonly topK: number; readonly threshold: number };
  readonly indexing: { readonly maxConcurrent: number; readonly documentTimeoutMs: number };
  /** Without: only extractors of our own. */
  readonly mcpParsers?: McpParserSettings;
}

export interface DirectorySourceSettings {
  readonly type: 'directory';
  /** Absolute. */
  readonly path: string;
  /** Globs relative to `path`. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly maxFileBytes: number;
}

export interface ChunkingSettings {
  readonly strategy: 'simple' | 'overlapping' | 'sentence' | 'recursive' | 'semantic' | 'markdown';
  /** Of all sizes. */
  readonly unit: 'characters' | 'tokens';
  readonly size: number;
  readonly overlap: number;
  readonly minSize: number;
  readonly maxSize: number;
  readonly preserveWords: boolean;
  /** For `sentence`. */
  readonly sentencesPerChunk: number;
  /** For `recursive`, best first; '' = between words. */
  readonly separators: readonly string[];
}

/** Tools of MCP servers that turn documents into text (RAG-10, RAG-12). */
export interface McpParserSettings {
  /** In the order in which they are tried. */
  readonly toolNames: readonly string[];
  /** With dot, in small letters. */
  readonly extensions: readonly string[];
  /** Higher goes first; extractors of our own have 5, plain text 1. */
  readonly priority: number;
  /** Where the server finds the root of the source; '' = as this process does. */
  readonly pathPrefix: string;
}
