/** What ingestion counts, for whoever shows it. Calls wait for nothing and never throw. */
import type { FailureStage } from './chunk-store.js';

export interface KnowledgeMetrics {
  /** Indexed anew, with so many chunks. */
  documentIndexed(store: string, chunks: number): void;
  /** Found as it was indexed. */
  documentsSkipped(store: string, documents: number): void;
  /** A try that is not repeated in this run. */
  documentFailed(store: string, stage: FailureStage): void;
  documentsRemoved(store: string, documents: number): void;
  /** One batch from its take to its last commit. */
  batchSeconds(store: string, seconds: number): void;
  runEnded(store: string, state: 'finished' | 'failed' | 'canceled', seconds: number): void;
}

export const noKnowledgeMetrics: KnowledgeMetrics = {
  documentIndexed: () => {},
  documentsSkipped: () => {},
  documentFailed: () => {},
  documentsRemoved: () => {},
  batchSeconds: () => {},
  runEnded: () => {},
};
