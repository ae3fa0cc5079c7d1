import { addColumn, addIndex, createTable, type TableDefinition } from '../table-definition.js';
import type { Migration } from './migration.js';

/**
 * Sessions as their owners list them, and the index of what was said in them. Sessions from before get their `owner_key` from the
 * keeper, a few at a time: here they would be one long write under a lock that stops everybody.
 */
export const recallMigration: Migration = {
  number: 8,
  name: 'recall',
  statements: (dialect) => [
    addColumn(dialect, 'sessions', 'owner_key', 'key'),
    addColumn(dialect, 'sessions', 'tenant', 'text'),
    addIndex(dialect, 'sessions', { columns: ['owner_key', 'session_id'] }),
    ...tables.flatMap((table) => createTable(dialect, table)),
    ...dialect.wordIndex.create,
  ],
};

const tables: readonly TableDefinition[] = [
  {
    name: 'recall_messages',
    columns: {
      entry: 'serial',
      session_id: 'key',
      position: 'integer',
      turn: 'integer',
      task_id: 'key',
      scope_key: 'key',
      created_at: 'integer',
      words: 'text',
      vector: { kind: 'bytes', nullable: true },
    },
    primaryKey: ['entry'],
    indexes: [{ columns: ['session_id', 'position'], unique: true }, { columns: ['scope_key', 'created_at', 'entry'] }],
  },
  {
    name: 'recall_sessions',
    columns: { session_id: 'key', position: 'integer', fingerprint: 'key' },
    primaryKey: ['session_id'],
  },
];
