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
  readonly watch: boolean;
  /** Documents whose source shows the version that is indexed are not read. */
  readonly incrementalIndexing: boolean;
  readonly indexing: IndexingSettings;
}

export interface IndexingSettings {
  /** Batches that one process works on at once. */
  readonly maxConcurrent: number;
  /** Time between runs that nobody asks for, milliseconds; 0 = there are none, `undefined` = as the source can be watched or not. */
  readonly rescanIntervalMs: number | undefined;
  /** A source that shows nothing any more may empty the store. */
  readonly allowEmpty: boolean;
  readonly retry: IngestRetrySettings;
}

/** RAG-36 */
export interface IngestRetrySettings {
  /** Tries of one document after the first. Default 3. */
  readonly maxRetries: number;
  /** Wait after the first failed try, doubled after each further one, milliseconds. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** Share of a wait that is random, 0–1. */
  readonly jitter: number;
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
