/** What document stores tell of themselves, for whoever ingests and searches. Names of stores come from the configuration. */
import type { Meter, Metrics } from './meter.js';

export interface KnowledgeMetrics {
  /** What came of some documents. */
  documents(store: string, outcome: { readonly indexed?: number; readonly skipped?: number; readonly failed?: number }): void;
  /** One run over a store has ended. */
  indexed(store: string, durationMs: number): void;
  /** One search, of all the stores that it asked, with what each of them found. */
  searched(found: Readonly<Record<string, number>>, durationMs: number): void;
}

export interface IndexReading {
  readonly store: string;
  /** That this process can search. */
  readonly vectors: number;
  /** Changes of the chunk table that it has not followed yet. */
  readonly behind: number;
}

export function createKnowledgeMetrics(meter: Meter): KnowledgeMetrics {
  return {
    documents(store_name, { indexed = 0, skipped = 0, failed = 0 }) {
      meter.count('rag_documents_indexed_total', { store_name }, indexed);
      meter.count('rag_documents_skipped_total', { store_name }, skipped);
      meter.count('rag_documents_errors_total', { store_name }, failed);
    },
    indexed: (store_name, durationMs) => meter.observe('rag_index_duration_seconds', { store_name }, durationMs / 1_000),
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
