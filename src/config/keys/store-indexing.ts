import { availableParallelism } from 'node:os';
import type { DocumentStoreSettings } from '../knowledge-settings.js';
import { integer, optional, type Static, section } from '../schema-builder.js';

export const StoreIndexingSchema = section(
  {
    max_concurrent: optional(integer('Documents read at once; default: the number of processor cores.', { minimum: 1, maximum: 1024 })),
  },
  'How the store is filled.',
);

export function resolveStoreIndexing(indexing: Static<typeof StoreIndexingSchema>): DocumentStoreSettings['indexing'] {
  return { maxConcurrent: indexing.max_concurrent ?? availableParallelism() };
}
