import type { DocumentStoreSettings } from '../knowledge-settings.js';
import { integer, number, type Static, section } from '../schema-builder.js';

export const StoreSearchSchema = section(
  {
    top_k: integer('Passages that a search gives.', { default: 10, minimum: 1, maximum: 1000 }),
    threshold: number('Least similarity of a passage, 0 to 1.', { default: 0, minimum: 0, maximum: 1 }),
  },
  'How the store is searched.',
);

export function resolveStoreSearch(search: Static<typeof StoreSearchSchema>): DocumentStoreSettings['search'] {
  return { topK: search.top_k, threshold: search.threshold };
}
