import type { SearchSettings } from '../../src/config/search-settings.js';

/** As a store has them that says nothing about its search. */
export function searchSettings(changes: Partial<SearchSettings> = {}): SearchSettings {
  return {
    mode: 'vector',
    topK: 10,
    threshold: 0,
    vectorWeight: 0.5,
    keywordWeight: 0.5,
    enableHyde: false,
    hydeLlm: undefined,
    enableMultiQuery: false,
    multiQueryLlm: undefined,
    multiQueryCount: 3,
    enableRerank: false,
    rerankLlm: undefined,
    rerankMaxResults: 20,
    llmTimeoutMs: 10_000,
    ...changes,
  };
}
