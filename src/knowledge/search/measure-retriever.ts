import type { Clock } from '../../base/clock.js';
import type { KnowledgeMetrics } from '../../observe/knowledge-metrics.js';
import type { Retriever } from './retriever.js';

/** Searches are counted for each store that they ask. */
export function measureRetriever(retriever: Retriever, metrics: KnowledgeMetrics, clock: Clock): Retriever {
  return {
    async search(query, options, signal) {
      const startedMs = clock.monotonic();
      const hits = await retriever.search(query, options, signal);
      const found = Object.fromEntries(options.stores.map((store) => [store, hits.filter((hit) => hit.store === store).length]));
      metrics.searched(found, clock.monotonic() - startedMs);
      return hits;
    },
  };
}
