/** What an ingest needs and what it tells. */
import type { Clock } from '../base/clock.js';
import type { ChunkingSettings, McpParserSettings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import type { Embedder } from '../providers/embedders/contract.js';
import type { TextThreads } from '../threads/pools.js';
import type { ChunkStore } from './chunk-store.js';
import type { DocumentParser } from './extract/document-parser.js';
import type { DocumentSource } from './sources/document-source.js';

export interface IngestProgress {
  readonly store: string;
  /** Documents that the source shows; 0 until it has been scanned. */
  readonly total: number;
  /** Indexed anew. `done + failed + skipped` grows to `total`. */
  readonly done: number;
  readonly failed: number;
  /** Unchanged since they were indexed. */
  readonly skipped: number;
  /** Gone from the source, hence from the index. */
  readonly removed: number;
  /** Chunks committed by this run. */
  readonly chunks: number;
  readonly finished: boolean;
}

export interface IngestOptions {
  readonly store: string;
  readonly collection: string;
  readonly chunking: ChunkingSettings;
  readonly maxConcurrent: number;
  /** A document that takes longer to extract and chunk fails. Default: a minute. */
  readonly documentTimeoutMs?: number;
  /** Those outside of this process, and what says which. Default: none. */
  readonly parsers?: readonly DocumentParser[];
  readonly mcpParsers?: McpParserSettings | undefined;
  readonly source: DocumentSource;
  readonly chunkStore: ChunkStore;
  readonly embedder: Embedder;
  readonly textThreads: TextThreads;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onProgress?: (progress: IngestProgress) => void;
  /** Called after every commit that changed chunks. */
  readonly onCommit?: () => void;
}
