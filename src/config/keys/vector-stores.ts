import { join, resolve } from 'node:path';
import { choice, flag, named, object, optional, type Static, text } from '../schema-builder.js';
import type { VectorStoreSettings } from '../settings.js';
import type { ResolveContext } from './resolve-context.js';
import { resolveVectorIndex, VectorIndexSchema } from './vector-index.js';

const VectorStoreSchema = object(
  {
    type: choice(['hnsw'], "Kind of index; hnsw is built in. 'chromem' is accepted and means the same.", {
      default: 'hnsw',
      'x-aliases': { chromem: 'hnsw' },
    }),
    persist_path: optional(text('Folder of snapshot files; default vectors in the state folder.', { minLength: 1 })),
    compress: flag('Snapshot files are stored gzipped: less space, slower to open and to save.', { default: false }),
    index: VectorIndexSchema,
  },
  'One vector store.',
);

export const VectorStoresSchema = named(VectorStoreSchema, "Vector stores by name. Default: the built-in one, called '_hnsw'.");

export function resolveVectorStore(store: Static<typeof VectorStoreSchema>, context: ResolveContext): VectorStoreSettings {
  const path = store.persist_path;
  return {
    type: store.type,
    persistPath: path === undefined ? join(context.stateDirectory, 'vectors') : resolve(context.workingDirectory, path),
    compress: store.compress,
    index: resolveVectorIndex(store.index),
  };
}
