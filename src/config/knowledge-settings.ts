/** The members of `Settings` that documents are ingested and searched by: `embedders`, `vector_stores`, `document_stores`. */
import type { SearchSettings } from './search-settings.js';
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

export type VectorStoreSettings = EmbeddedVectorStoreSettings | VectorServiceSettings;

export interface EmbeddedVectorStoreSettings {
  /** `chromem` is accepted in YAML and means `hnsw` (spec README, decision 12). */
  readonly type: 'hnsw';
  /** Absolute folder of snapshot files. */
  readonly persistPath: string;
  /** Snapshot files are stored gzipped. */
  readonly compress: boolean;
  readonly index: VectorIndexSettings;
}

/** A store outside of Hector (VEC-02 … VEC-06). Keys that a service has no use for stay at their defaults. */
export interface VectorServiceSettings {
  readonly type: VectorServiceType;
  /** Without a slash at the end; of pinecone the API that manages indexes, or one index itself. */
  readonly url: string;
  /** '' = none. */
  readonly apiKey: string;
  /** How names of collections begin in the service. Default `hector`. */
  readonly collection: string;
  /** Of chroma and milvus; '' = the service's default. */
  readonly database: string;
  /** Of chroma; '' = its default. */
  readonly tenant: string;
  /** Of pinecone. */
  readonly indexName: string;
  /** Where an index of pinecone is made: '' = serverless in `cloud` and `region`, else pods there. */
  readonly environment: string;
  readonly cloud: string;
  readonly region: string;
  /** Longest wait for the answer to one request, milliseconds. Default 30,000. */
  readonly timeoutMs: number;
  readonly tls: { readonly insecureSkipVerify: boolean; readonly caCertificate: string };
}

export type VectorServiceType = 'qdrant' | 'chroma' | 'pinecone' | 'weaviate' | 'milvus';

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
}

/** What the segments of one store are built and stored with. */
export type SegmentSettings = VectorIndexSettings & Pick<EmbeddedVectorStoreSettings, 'compress'>;

export interface DocumentStoreSettings {
  readonly source: SourceSettings;
  readonly chunking: ChunkingSettings;
  /** Key in `vector_stores`. */
  readonly vectorStore: string;
  /** Key in `embedders`. */
  readonly embedder: string;
  readonly collection: string;
  readonly search: SearchSettings;
  readonly watch: boolean;
  /** Documents whose source shows the version that is indexed are not read. */
  readonly incrementalIndexing: boolean;
  readonly indexing: IndexingSettings;
  /** Without: only extractors of our own. */
  readonly mcpParsers?: McpParserSettings;
}

export interface IndexingSettings {
  /** Batches that one process works on at once. */
  readonly maxConcurrent: number;
  /** A document that takes longer to extract and chunk fails. */
  readonly documentTimeoutMs: number;
  /** Of one document. */
  readonly maxChunks: number;
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
