import { addColumn, addIndex, createTable, type TableDefinition } from '../table-definition.js';
import type { Migration } from './migration.js';

/** Ingest runs and their batches; which run saw a document last, and what of it failed for good. */
export const ingestRunsMigration: Migration = {
  number: 11,
  name: 'ingest-runs',
  statements: (dialect) => [
    ...tables.flatMap((table) => createTable(dialect, table)),
    addColumn(dialect, 'documents', 'seen_run', 'key'),
    addColumn(dialect, 'documents', 'metadata_hash', 'key'),
    addColumn(dialect, 'documents', 'failed_state', 'key'),
    addIndex(dialect, 'documents', { columns: ['store_key', 'status', 'document_key'] }),
  ],
};

const tables: readonly TableDefinition[] = [
  {
    // One row per store: who asks for a run holds it.
    name: 'ingest_stores',
    columns: { store_key: 'key', store: 'text' },
    primaryKey: ['store_key'],
  },
  {
    name: 'ingest_runs',
    columns: {
      run_id: 'key',
      store_key: 'key',
      store: 'text',
      pipeline: 'key',
      mode: 'key',
      started_by: 'text',
      state: 'key',
      open_key: { kind: 'key', nullable: true },
      epoch: 'integer',
      total: 'integer',
      done: 'integer',
      skipped: 'integer',
      failed: 'integer',
      removed: 'integer',
      chunks: 'integer',
      unlisted: { kind: 'text', nullable: true },
      error_code: 'key',
      error: 'text',
      created_at: 'integer',
      started_at: 'integer',
      updated_at: 'integer',
      finished_at: 'integer',
    },
    primaryKey: ['run_id'],
    indexes: [{ columns: ['store_key', 'run_id'] }, { columns: ['open_key'], skipNull: 'open_key' }],
  },
  {
    name: 'ingest_batches',
    columns: { batch_id: 'key', run_id: 'key', number: 'integer', epoch: 'integer', documents: 'text' },
    primaryKey: ['batch_id'],
    indexes: [{ columns: ['run_id', 'number'] }],
  },
];
