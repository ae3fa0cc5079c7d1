import { createTable, type TableDefinition } from '../table-definition.js';
import type { Migration } from './migration.js';

/** Documents, chunks with their vectors, and the versions of collections (ARCHITECTURE §8). */
export const knowledgeMigration: Migration = {
  number: 2,
  name: 'knowledge',
  statements: (dialect) => tables.flatMap((table) => createTable(dialect, table)),
};

const tables: readonly TableDefinition[] = [
  {
    name: 'collections',
    columns: { collection_key: 'key', name: 'text', source: 'key', version: 'integer' },
    primaryKey: ['collection_key'],
  },
  {
    name: 'documents',
    columns: {
      document_key: 'key',
      store_key: 'key',
      collection_key: 'key',
      version: 'integer',
      store: 'text',
      document_id: 'text',
      title: 'text',
      source_path: 'text',
      generation: 'integer',
      content_hash: 'key',
      pipeline: 'key',
      bytes: 'integer',
      modified_at: 'integer',
      status: 'key',
      stage: 'key',
      attempts: 'integer',
      last_error: 'text',
      chunk_count: 'integer',
      slots: 'integer',
      updated_at: 'integer',
    },
    primaryKey: ['document_key'],
    indexes: [{ columns: ['store_key', 'document_key'] }, { columns: ['collection_key', 'version', 'document_key'] }],
  },
  {
    name: 'chunks',
    columns: {
      document_key: 'key',
      chunk_index: 'integer',
      collection_key: 'key',
      generation: 'integer',
      embedder: 'key',
      content: 'text',
      start_line: 'integer',
      end_line: 'integer',
      vector: 'bytes',
    },
    primaryKey: ['document_key', 'chunk_index'],
  },
];
