import { join, resolve } from 'node:path';
import { choice, flag, integer, named, object, optional, type Static, text } from '../schema-builder.js';
import type { VectorServiceType, VectorStoreSettings } from '../settings.js';
import { TlsSchema } from './client-tls.js';
import type { ResolveContext } from './resolve-context.js';
import { resolveVectorIndex, VectorIndexSchema } from './vector-index.js';
import { resolveVectorService } from './vector-services.js';

const SERVICES = ['qdrant', 'chroma', 'pinecone', 'weaviate', 'milvus'] as const satisfies readonly VectorServiceType[];

const VectorStoreSchema = object(
  {
    type: choice(
      ['hnsw', ...SERVICES],
      "Kind of index: hnsw is built in, the others are services of their own. 'chromem' is accepted and means hnsw.",
      { default: 'hnsw', 'x-aliases': { chromem: 'hnsw' } },
    ),
    persist_path: optional(text('hnsw: folder of snapshot files; default vectors in the state folder.', { minLength: 1 })),
    compress: flag('hnsw: snapshot files are stored gzipped: less space, slower to open and to save.', { default: false }),
    index: VectorIndexSchema,
    url: text(
      'Address of the service, in place of host, port and enable_tls. For pinecone the address of one index spares the question where it is; default https://api.pinecone.io.',
      { default: '', pattern: '^$|^https?://[^/]', 'x-form': 'http://… or https://…' },
    ),
    host: text('Host of the service, also host:port; default localhost.', { default: '' }),
    port: optional(
      integer('Port of the HTTP API; default 6333 (qdrant), 8000 (chroma), 8080 (weaviate), 19530 (milvus).', {
        minimum: 1,
        maximum: 65_535,
      }),
    ),
    enable_tls: flag('With host: https.', { default: false }),
    api_key: optional(
      text("Key of the service, for milvus also user:password. Default for pinecone's own address: PINECONE_API_KEY.", { writeOnly: true }),
    ),
    collection: text('How the names of collections begin in the service; two deployments may share it.', {
      default: 'hector',
      minLength: 1,
      maxLength: 40,
    }),
    database: text('chroma, milvus: database of the collections; empty is the default one.', { default: '' }),
    tenant: text('chroma: tenant of the database; empty is the default one.', { default: '' }),
    index_name: text('pinecone: index that is used, and made when there is none; a collection is a namespace in it.', {
      default: 'hector-index',
      minLength: 1,
    }),
    environment: text('pinecone: environment of the pods that an index is made of; empty makes serverless ones.', { default: '' }),
    cloud: text('pinecone: cloud of an index that is made.', { default: 'aws', minLength: 1 }),
    region: text('pinecone: region of an index that is made.', { default: 'us-east-1', minLength: 1 }),
    timeout: text('Longest wait for the answer of a service to one request; a bare number is seconds.', {
      default: '30',
      pattern: '^\\d+(\\.\\d+)?$|^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$',
      'x-form': 'seconds, or a duration such as 2m',
    }),
    tls: TlsSchema,
  },
  'One vector store.',
);

export const VectorStoresSchema = named(VectorStoreSchema, "Vector stores by name. Default: the built-in one, called '_hnsw'.");

export function resolveVectorStore(store: Static<typeof VectorStoreSchema>, context: ResolveContext): VectorStoreSettings {
  const { type, persist_path: path, compress, index } = store;
  if (type !== 'hnsw') return resolveVectorService(type, store, context);
  return {
    type,
    persistPath: path === undefined ? join(context.stateDirectory, 'vectors') : resolve(context.workingDirectory, path),
    compress,
    index: resolveVectorIndex(index),
  };
}
