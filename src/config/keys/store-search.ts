import { choice, duration, flag, integer, number, optional, type Static, section, text } from '../schema-builder.js';
import type { SearchSettings } from '../search-settings.js';

const llm = (what: string) =>
  optional(text(`Name in llms of the model that ${what}; default: the one called default, else the first.`, { minLength: 1 }));

export const StoreSearchSchema = section(
  {
    mode: choice(['vector', 'keyword', 'hybrid'], 'By meaning, by words, or both: what each of the two ranks high comes first.', {
      default: 'vector',
    }),
    top_k: integer('Passages that a search gives.', { default: 10, minimum: 1, maximum: 1000 }),
    threshold: number('Least similarity of a passage, 0 to 1; with hybrid, by meaning or by words.', {
      default: 0,
      minimum: 0,
      maximum: 1,
    }),
    vector_weight: number('What meaning counts with hybrid.', { default: 0.5, minimum: 0, maximum: 1 }),
    keyword_weight: number('What words count with hybrid.', { default: 0.5, minimum: 0, maximum: 1 }),
    enable_hyde: flag('A model writes what an answer could be, and that is looked for by meaning in place of the query.', {
      default: false,
    }),
    hyde_llm: llm('writes it'),
    enable_multi_query: flag('A model asks the query in other words, too; the best of all results count.', { default: false }),
    multi_query_llm: llm('does'),
    multi_query_count: integer('Ways to ask beside the query itself.', { default: 3, minimum: 1, maximum: 10 }),
    enable_rerank: flag('A model reads the best passages and puts them in order.', { default: false }),
    rerank_llm: llm('does'),
    rerank_max_results: integer('Passages that it reads at most.', { default: 20, minimum: 2, maximum: 100 }),
    llm_timeout: duration('Longest wait for a model in a search; without its answer the search goes on.', {
      default: 10_000,
      minimum: 100,
      maximum: 25_000,
    }),
  },
  'How the store is searched.',
);

export function resolveStoreSearch(search: Static<typeof StoreSearchSchema>): SearchSettings {
  return {
    mode: search.mode,
    topK: search.top_k,
    threshold: search.threshold,
    vectorWeight: search.vector_weight,
    keywordWeight: search.keyword_weight,
    // `complete-document.ts` names the models that are left out where a step is on.
    enableHyde: search.enable_hyde,
    hydeLlm: search.hyde_llm,
    enableMultiQuery: search.enable_multi_query,
    multiQueryLlm: search.multi_query_llm,
    multiQueryCount: search.multi_query_count,
    enableRerank: search.enable_rerank,
    rerankLlm: search.rerank_llm,
    rerankMaxResults: search.rerank_max_results,
    llmTimeoutMs: search.llm_timeout,
  };
}
