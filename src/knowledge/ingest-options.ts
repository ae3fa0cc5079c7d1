/** What the ingestion of a store needs and what it tells. */
import type { Clock } from '../base/clock.js';
import type { ChunkingSettings, IngestRetrySettings } from '../config/settings.js';
import type { KnowledgeMetrics } from '../observe/knowledge-metrics.js';
import type { Logger } from '../observe/log.js';
import type { Embedder } from '../providers/embedders/contract.js';
import type { TextThreads } from '../threads/pools.js';
import type { ByteBudget } from './byte-budget.js';
import type { ChunkStore, DocumentRecord } from './chunk-store.js';
import type { DocumentParser } from './extract/document-parser.js';
import type { BatchFence } from './runs/ingest-fence.js';
import type { IngestCounts, IngestMode } from './runs/ingest-run.js';
import type { DocumentSource, SourceDocument } from './sources/document-source.js';

export interface IngestProgress extends IngestCounts {
  readonly store: string;
  /** `total` is what there is: the source has been listed. */
  readonly isListed: boolean;
  readonly finished: boolean;
}

export interface IngestOptions {
  readonly store: string;
  readonly collection: string;
  /** `document_stores.<name>.source.type`, for the trace; as is the next one. */
  readonly sourceType: string;
  /** `vector_stores.<name>.type` */
  readonly vectorProvider: string;
  readonly chunking: ChunkingSettings;
  /** A document that takes longer to extract and chunk fails, milliseconds. */
  readonly documentTimeoutMs: number;
  /** Of one document: they are committed together. */
  readonly maxChunks: number;
  /** Those outside of this process. */
  readonly parsers: readonly DocumentParser[];
  readonly source: DocumentSource;
  readonly chunkStore: ChunkStore;
  readonly embedder: Embedder;
  readonly textThreads: TextThreads;
  readonly retry: IngestRetrySettings;
  /** Of the process. */
  readonly budget: ByteBudget;
  readonly metrics: KnowledgeMetrics;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called after every commit that changed chunks. */
  readonly onCommit?: () => void;
}

export interface DocumentWork {
  readonly document: SourceDocument;
  readonly record: DocumentRecord | undefined;
}

export interface BatchOptions extends IngestOptions {
  readonly embedderFingerprint: string;
  readonly pipeline: string;
  readonly mode: IngestMode;
  /** Whose batch it is; commits count for its run. */
  readonly batch: Omit<BatchFence, 'left'>;
}
