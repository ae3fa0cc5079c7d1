import type { Clock } from '../../base/clock.js';
import type { KnowledgeMetrics } from '../../observe/knowledge-metrics.js';
import { capturePayload, withSpan } from '../../observe/trace.js';
import type { Retriever } from './retriever.js';

/** Searches have a span, whoever asks (OBS-31), and are counted for each store that they ask. */
export function measureRetriever(retriever: Retriever, metrics: KnowledgeMetrics, clock: Clock): Retriever {
  return {
    search(query, options, signal) {
      const { stores, limit } = options;
      const attributes = { 'hector.rag.store.name': stores.join(','), ...(limit === undefined ? {} : { 'hector.rag.top_k': limit }) };
      return withSpan('hector.rag.search', attributes, async (span) => {
        capturePayload(span, 'hector.rag.query', () => query);
        const startedMs = clock.monotonic();
        const hits = await retriever.search(query, options, signal);
        span.setAttribute('hector.rag.result_count', hits.length);
        const found = Object.fromEntries(stores.map((store) => [store, hits.filter((hit) => hit.store === store).length]));
        metrics.searched(found, clock.monotonic() - startedMs);
        return hits;
      });
    },
  };
}
