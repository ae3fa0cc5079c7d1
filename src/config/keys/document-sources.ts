import { resolve } from 'node:path';
import { applyDefaults } from '../apply-defaults.js';
import { choice, integer, list, object, optional, type SchemaNode, type Static, text } from '../schema-builder.js';
import type { SourceSettings, SourceType } from '../source-settings.js';
import { ApiSourceSchema, resolveApiSource } from './api-source.js';
import type { ResolveContext } from './resolve-context.js';
import { resolveS3Source, S3SourceSchema } from './s3-source.js';
import { resolveSqlSource, SqlSourceSchema } from './sql-source.js';
import { CrawlerSchema, resolveCrawler, UrlsSchema } from './urls-source.js';

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
  ...['json', 'jsonl', 'yaml', 'yml', 'toml', 'xml', 'css', 'csv', 'tsv'],
  ...['pdf', 'docx', 'xlsx', 'pptx'],
];

export const DEFAULT_INCLUDE: readonly string[] = READABLE.map((extension) => `**/*.${extension}`);

/** RAG-03. */
export const DEFAULT_EXCLUDE: readonly string[] = [
  '**/.*',
  '**/.*/**',
  ...['node_modules', '__pycache__', 'vendor', 'dist', 'build', 'venv'].map((folder) => `**/${folder}/**`),
];

/** Keys of each type beside `max_file_size`; `config/check-sources.ts` refuses those of another. */
export const SOURCE_KEYS = {
  directory: ['path', 'include', 'exclude'],
  sql: ['sql'],
  api: ['api'],
  urls: ['urls', 'crawler', 'include', 'exclude'],
  s3: ['s3', 'include', 'exclude'],
  collection: ['collection', 'text_field', 'title_field', 'path_field'],
} as const satisfies Readonly<Record<SourceType, readonly string[]>>;

/** What a source cannot do without. */
export const NEEDED_KEYS: Readonly<Record<SourceType, string>> = {
  directory: 'path',
  sql: 'sql',
  api: 'api',
  urls: 'urls',
  s3: 's3',
  collection: 'collection',
};

const GLOB = text('Glob relative to path, to the bucket, or of the path in an address.', { minLength: 1 });

export const SourceSchema = object(
  {
    type: choice(Object.keys(SOURCE_KEYS) as SourceType[], 'Kind of source.', {
      'x-aliases': { url: 'urls', web: 'urls', database: 'sql' },
    }),
    path: optional(text('With directory: folder to read.', { minLength: 1 })),
    include: optional(list(GLOB, 'What to read. Default for directory and s3: the kinds of files that can be read; for urls: everything.')),
    exclude: optional(
      list(
        GLOB,
        'What to leave out; goes before include. Default for directory and s3: hidden files and folders of dependencies and builds.',
      ),
    ),
    max_file_size: integer('Larger documents are not read, bytes.', { default: 10_485_760, minimum: 1 }),
    sql: optional(SqlSourceSchema),
    api: optional(ApiSourceSchema),
    urls: optional(UrlsSchema),
    crawler: optional(CrawlerSchema),
    s3: optional(S3SourceSchema),
    collection: optional(text('With collection: its name in the vector store, which somebody else fills.', { minLength: 1 })),
    text_field: optional(text("With collection: where an entry's metadata has its text. Default: text.", { minLength: 1 })),
    title_field: optional(text('With collection: where it has its title. Default: title.', { minLength: 1 })),
    path_field: optional(text('With collection: where it has where it comes from. Default: source.', { minLength: 1 })),
  },
  'Where the documents come from.',
);

type Source = Static<typeof SourceSchema>;

/** Only after `checkSources` found nothing: what its type needs is there. */
export function resolveSource(source: Source, context: ResolveContext): SourceSettings {
  const { max_file_size: maxFileBytes } = source;
  const files = { include: source.include ?? DEFAULT_INCLUDE, exclude: source.exclude ?? DEFAULT_EXCLUDE, maxFileBytes };
  switch (source.type) {
    case 'directory':
      return { type: 'directory', path: resolve(context.workingDirectory, source.path as string), ...files };
    case 'sql':
      return { type: 'sql', sql: resolveSqlSource(source.sql as NonNullable<Source['sql']>), maxFileBytes };
    case 'api':
      return { type: 'api', api: resolveApiSource(source.api as NonNullable<Source['api']>), maxFileBytes };
    case 'urls': {
      const crawler = resolveCrawler(source.crawler ?? (applyDefaults(CrawlerSchema as SchemaNode, {}) as Static<typeof CrawlerSchema>));
      const { urls = [], include = [], exclude = [] } = source;
      return { type: 'urls', urls, crawler, include, exclude, maxFileBytes };
    }
    case 's3':
      return { type: 's3', s3: resolveS3Source(source.s3 as NonNullable<Source['s3']>), ...files };
    case 'collection':
      return {
        type: 'collection',
        collection: source.collection as string,
        textField: source.text_field ?? 'text',
        titleField: source.title_field ?? 'title',
        pathField: source.path_field ?? 'source',
        maxFileBytes,
      };
  }
}
