import { resolve } from 'node:path';
import type { DocumentStoreSettings } from '../knowledge-settings.js';
import { choice, integer, list, object, type Static, text } from '../schema-builder.js';
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

export const SourceSchema = object(
  {
    type: choice(['directory'], 'Kind of source.'),
    path: text('Folder to read.', { minLength: 1 }),
    include: list(text('Glob relative to path.', { minLength: 1 }), 'Files to read.', { default: DEFAULT_INCLUDE }),
    exclude: list(text('Glob relative to path.', { minLength: 1 }), 'Files to leave out.', { default: DEFAULT_EXCLUDE }),
    max_file_size: integer('Larger files are not read, bytes.', { default: 10_485_760, minimum: 1 }),
  },
  'Where the documents come from.',
);

export function resolveSource(source: Static<typeof SourceSchema>, context: ResolveContext): DocumentStoreSettings['source'] {
  return {
    type: source.type,
    path: resolve(context.workingDirectory, source.path),
    include: source.include,
    exclude: source.exclude,
    maxFileBytes: source.max_file_size,
  };
}
