import { createTable, type TableDefinition } from '../table-definition.js';
import type { Migration } from './migration.js';

/** Vectors by the text they are of, and how long an embedder's vectors are. */
export const embeddingsMigration: Migration = {
  number: 10,
  name: 'embeddings',
  statements: (dialect) => tables.flatMap((table) => createTable(dialect, table)),
};

const tables: readonly TableDefinition[] = [
  {
    name: 'embeddings',
    columns: { entry_key: 'key', embedder: 'key', used_at: 'integer', vector: 'bytes' },
    primaryKey: ['entry_key'],
    indexes: [{ columns: ['embedder', 'used_at'] }, { columns: ['used_at'] }],
  },
  {
    name: 'embedders',
    columns: { fingerprint: 'key', dimension: 'integer' },
    primaryKey: ['fingerprint'],
  },
];
