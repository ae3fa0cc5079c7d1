import { join, resolve } from 'node:path';
import { choice, named, object, optional, type Static, text } from '../schema-builder.js';
import type { VectorStoreSettings } from '../settings.js';
import type { ResolveContext } from './resolve-context.js';

const VectorStoreSchema = object(
  {
    type: choice(['hnsw'], "Kind of index; hnsw is built in. 'chromem' is accepted and means the same.", {
      default: 'hnsw',
      'x-aliases': { chromem: 'hnsw' },
    }),
    persist_path: optional(text('Folder of snapshot files; default vectors in the state folder.', { minLength: 1 })),
  },
  'One vector store.',
);

export const VectorStoresSchema = named(VectorStoreSchema, "Vector stores by name. Default: the built-in one, called '_hnsw'.");

export function resolveVectorStore(store: Static<typeof VectorStoreSchema>, context: ResolveContext): VectorStoreSettings {
  const path = store.persist_path;
  return {
    type: store.type,
    persistPath: path === undefined ? join(context.stateDirectory, 'vectors') : resolve(context.workingDirectory, path),
  };
}
