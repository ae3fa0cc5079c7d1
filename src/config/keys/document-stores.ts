import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { choice, flag, integer, list, named, number, object, optional, type Static, section, text } from '../schema-builder.js';
import type { DocumentStoreSettings } from '../settings.js';
import type { ResolveContext } from './resolve-context.js';

/** RAG-02, limited to what an extractor reads. */
const READABLE = [
  ...['md', 'markdown', 'txt', 'rst', 'adoc', 'html', 'htm'],
  ...[
    'go',
    'py',
    'java',
    'js',
    'mjs',
    'ts',
    'jsx',
    'tsx',
    'c',
    'cpp',
    'h',
    'hpp',
    'cs',
    'rb',
    'php',
    'rs',
    'swift',
    'kt',
    'scala',
    'lua',
    'r',
    'sh',
    'sql',
  ],
  ...['json', 'yaml', 'yml', 'toml', 'xml', 'css'],
];

export const DEFAULT_INCLUDE: readonly string[] = READABLE.map((extension) => `**/*.${extension}`);

/** RAG-03. */
export const DEFAULT_EXCLUDE: readonly string[] = [
  '**/.*',
  '**/.*/**',
  ...['node_modules', '__pycache__', 'vendor', 'dist', 'build', 'venv'].map((folder) => `**/${folder}/**`),
];

const SourceSchema = object(
  {
    type: choice(['directory'], 'Kind of source.'),
    path: text('Folder to read.', { minLength: 1 }),
    include: list(text('Glob relative to path.', { minLength: 1 }), 'Files to read.', { default: DEFAULT_INCLUDE }),
    exclude: list(text('Glob relative to path.', { minLength: 1 }), 'Files to leave out.', { default: DEFAULT_EXCLUDE }),
    max_file_size: integer('Larger files are not read, bytes.', { default: 10_485_760, minimum: 1 }),
  },
  'Where the documents come from.',
);

const ChunkingSchema = section(
  {
    strategy: choice(['simple', 'overlapping', 'sentence'], 'How documents are cut.', { default: 'simple' }),
    size: integer('Characters of a chunk.', { default: 1000, minimum: 1, maximum: 100_000 }),
    overlap: integer('Characters that a chunk repeats of the one before it.', { default: 0, minimum: 0 }),
    min_size: integer('Shorter chunks are joined to their neighbour, characters.', { default: 100, minimum: 0 }),
    max_size: integer('No chunk is longer, characters.', { default: 2000, minimum: 1, maximum: 200_000 }),
    preserve_words: flag('Words are kept whole.', { default: true }),
    sentences_per_chunk: integer("Sentences of a chunk, for 'sentence'.", { default: 5, minimum: 1, maximum: 1000 }),
  },
  'How documents become chunks.',
);

const DocumentStoreSchema = object(
  {
    source: SourceSchema,
    chunking: ChunkingSchema,
    vector_store: optional(text('Name in vector_stores; default: the one called default, else the first.', { minLength: 1 })),
    embedder: optional(text('Name in embedders; default: the one called default, else the first.', { minLength: 1 })),
    collection: optional(
      text('Name of its collection in the vector store; default: the name of the document store.', { minLength: 1, maxLength: 128 }),
    ),
    search: section(
      {
        top_k: integer('Passages that a search gives.', { default: 10, minimum: 1, maximum: 1000 }),
        threshold: number('Least similarity of a passage, 0 to 1.', { default: 0, minimum: 0, maximum: 1 }),
      },
      'How the store is searched.',
    ),
    indexing: section(
      {
        max_concurrent: optional(integer('Documents read at once; default: the number of processor cores.', { minimum: 1, maximum: 1024 })),
      },
      'How the store is filled.',
    ),
  },
  'One set of documents that agents can search.',
);

export const DocumentStoresSchema = named(DocumentStoreSchema, 'Document stores by name.');

export function resolveDocumentStore(
  name: string,
  store: Static<typeof DocumentStoreSchema>,
  context: ResolveContext,
): DocumentStoreSettings {
  const { source, chunking, search } = store;
  return {
    source: {
      type: source.type,
      path: resolve(context.workingDirectory, source.path),
      include: source.include,
      exclude: source.exclude,
      maxFileBytes: source.max_file_size,
    },
    chunking: {
      strategy: chunking.strategy,
      size: chunking.size,
      overlap: chunking.overlap,
      minSize: chunking.min_size,
      maxSize: chunking.max_size,
      preserveWords: chunking.preserve_words,
      sentencesPerChunk: chunking.sentences_per_chunk,
    },
    vectorStore: store.vector_store as string,
    embedder: store.embedder as string,
    collection: store.collection ?? name,
    search: { topK: search.top_k, threshold: search.threshold },
    indexing: { maxConcurrent: store.indexing.max_concurrent ?? availableParallelism() },
  };
}
