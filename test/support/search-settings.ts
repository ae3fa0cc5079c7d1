import type { SearchSettings } from '../../src/config/search-settings.js';

/** As a store has them that says nothing about its search. */
export function searchSettings(changes: Partial<SearchSettings> = {}): SearchSettings {
  return {
    mode: 'vector',
    topK: 10,
    threshold: 0,
    vectorWeight: 0.5,
    keywordWeight: 0.5,
    hyde: { enabled: false, llm: undefined },
    multiQuery: { enabled: false, llm: undefined, count: 3 },
    rerank: { enabled: false, llm: undefined, maxResults: 20 },
    llmTimeoutMs: 10_000,
    ...changes,
  };
}
