import type { DocumentStoreSettings } from '../knowledge-settings.js';
import { named, object, optional, type Static, text } from '../schema-builder.js';
import { ChunkingSchema, resolveChunking } from './chunking.js';
import { resolveSource, SourceSchema } from './document-sources.js';
import { McpParsersSchema, resolveMcpParsers } from './mcp-parsers.js';
import type { ResolveContext } from './resolve-context.js';
import { IncrementalIndexingSchema, resolveStoreIndexing, StoreIndexingSchema, WatchSchema } from './store-indexing.js';
import { resolveStoreSearch, StoreSearchSchema } from './store-search.js';

const DocumentStoreSchema = object(
  {
    source: SourceSchema,
    chunking: ChunkingSchema,
    vector_store: optional(text('Name in vector_stores; default: the one called default, else the first.', { minLength: 1 })),
    embedder: optional(text('Name in embedders; default: the one called default, else the first.', { minLength: 1 })),
    collection: optional(
      text('Name of its collection in the vector store; default: the name of the document store.', { minLength: 1, maxLength: 128 }),
    ),
    watch: WatchSchema,
    incremental_indexing: IncrementalIndexingSchema,
    search: StoreSearchSchema,
    indexing: StoreIndexingSchema,
    mcp_parsers: optional(McpParsersSchema),
  },
  'One set of documents that agents can search.',
);

export const DocumentStoresSchema = named(DocumentStoreSchema, 'Document stores by name.');

export function resolveDocumentStore(
  name: string,
  store: Static<typeof DocumentStoreSchema>,
  context: ResolveContext,
): DocumentStoreSettings {
  return {
    source: resolveSource(store.source, context),
    chunking: resolveChunking(store.chunking),
    vectorStore: store.vector_store as string,
    embedder: store.embedder as string,
    collection: store.collection ?? name,
    search: resolveStoreSearch(store.search),
    watch: store.watch,
    incrementalIndexing: store.incremental_indexing,
    indexing: resolveStoreIndexing(store.indexing),
    ...(store.mcp_parsers && { mcpParsers: resolveMcpParsers(store.mcp_parsers) }),
  };
}
