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
  readonly index: VectorIndexSettings;
}

/** How the embedded store looks for the nearest (VEC-09, CFG-61). */
export interface VectorIndexSettings {
  readonly engine: 'hnswlib' | 'usearch';
  /** Links per vector and layer. */
  readonly m: number;
  /** Candidates looked at when a vector is put in, and when it is looked for. */
  readonly efConstruction: number;
  readonly efSearch: number;
  /** Of the graph's own copy of the vectors; `f32` only with hnswlib. */
  readonly quantization: 'f32' | 'f16' | 'i8';
  /** Files are stored gzipped. */
  readonly compress: boolean;
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
  readonly indexing: { readonly maxConcurrent: number };
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
