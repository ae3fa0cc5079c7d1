/** What document stores tell of themselves, for whoever ingests and searches. Names of stores come from the configuration. */
import type { Meter, Metrics } from './meter.js';

export interface KnowledgeMetrics {
  /** Indexed anew, with so many chunks. */
  documentIndexed(store: string, chunks: number): void;
  /** Found as it was indexed. */
  documentsSkipped(store: string, documents: number): void;
  /** A try that is not repeated in this run. */
  documentFailed(store: string, stage: IngestStage): void;
  documentsRemoved(store: string, documents: number): void;
  /** One batch from its take to its last commit. */
  batchSeconds(store: string, seconds: number): void;
  /** One run over a store. */
  runEnded(store: string, state: 'finished' | 'failed' | 'canceled', seconds: number): void;
  /** One search, of all the stores that it asked, with what each of them found. */
  searched(found: Readonly<Record<string, number>>, durationMs: number): void;
}

/** Where a document can fail. */
export type IngestStage = 'scan' | 'read' | 'prepare' | 'embed' | 'commit';

export const noKnowledgeMetrics: KnowledgeMetrics = {
  documentIndexed: () => {},
  documentsSkipped: () => {},
  documentFailed: () => {},
  documentsRemoved: () => {},
  batchSeconds: () => {},
  runEnded: () => {},
  searched: () => {},
};

export interface IndexReading {
  readonly store: string;
  /** That this process can search. */
  readonly vectors: number;
  /** Changes of the chunk table that it has not followed yet. */
  readonly behind: number;
}

export function createKnowledgeMetrics(meter: Meter): KnowledgeMetrics {
  return {
    documentIndexed(store_name, chunks) {
      meter.count('rag_documents_indexed_total', { store_name });
      meter.count('rag_chunks_indexed_total', { store_name }, chunks);
    },
    documentsSkipped: (store_name, documents) => meter.count('rag_documents_skipped_total', { store_name }, documents),
    documentFailed: (store_name, stage) => meter.count('rag_documents_errors_total', { store_name, stage }),
    documentsRemoved: (store_name, documents) => meter.count('rag_documents_removed_total', { store_name }, documents),
    batchSeconds: (store_name, seconds) => meter.observe('rag_batch_duration_seconds', { store_name }, seconds),
    runEnded: (store_name, state, seconds) => meter.observe('rag_index_duration_seconds', { store_name, state }, seconds),
    searched(found, durationMs) {
      for (const [store_name, results] of Object.entries(found)) {
        meter.count('rag_searches_total', { store_name });
        meter.observe('rag_search_duration_seconds', { store_name }, durationMs / 1_000);
        meter.observe('rag_search_results_count', { store_name }, results);
      }
    },
  };
}

/** From now on the state of the indexes is read from here. */
export function watchIndexes(metrics: Metrics, read: () => Promise<readonly IndexReading[]>): void {
  metrics.watch(['rag_index_vectors', 'rag_index_behind'], async () => {
    for (const { store, vectors, behind } of await read()) {
      metrics.set('rag_index_vectors', { store_name: store }, vectors);
      metrics.set('rag_index_behind', { store_name: store }, behind);
    }
  });
}
