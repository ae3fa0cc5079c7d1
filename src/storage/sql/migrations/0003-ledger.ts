import { addColumn, addIndex, createTable, type TableDefinition } from '../table-definition.js';
import type { Migration } from './migration.js';

/**
 * The ledger of tool calls (R7), who has a run, runs that are held or due, and what retention needs to find. Runs that ended before get
 * their `ended_at` from the keeper, a few at a time: here they would be one long write under a lock that stops everybody.
 */
export const ledgerMigration: Migration = {
  number: 3,
  name: 'ledger',
  statements: (dialect) => [
    ...tables.flatMap((table) => createTable(dialect, table)),
    addColumn(dialect, 'tasks', 'worker', 'key'),
    addColumn(dialect, 'tasks', 'held_since', 'integer'),
    addColumn(dialect, 'tasks', 'resumed_at', 'integer'),
    addColumn(dialect, 'tasks', 'expires_at', 'integer'),
    addColumn(dialect, 'tasks', 'last_call', 'integer'),
    addColumn(dialect, 'tasks', 'ended_at', 'integer'),
    addColumn(dialect, 'tasks', 'whole_since', 'integer'),
    addIndex(dialect, 'tasks', { columns: ['expires_at', 'id'], skipNull: 'expires_at' }),
    addIndex(dialect, 'tasks', { columns: ['worker', 'id'], skipNull: 'worker' }),
    addIndex(dialect, 'tasks', { columns: ['ended_at', 'created_at', 'id'] }),
    addIndex(dialect, 'tasks', { columns: ['whole_since', 'id'], skipNull: 'whole_since' }),
    addIndex(dialect, 'tasks', { columns: ['session_id', 'ended_at'] }),
    addIndex(dialect, 'accepted_messages', { columns: ['task_id'] }),
    addIndex(dialect, 'sessions', { columns: ['updated_at', 'session_key'] }),
  ],
};

const tables: readonly TableDefinition[] = [
  {
    name: 'tool_calls',
    columns: {
      call_key: 'key',
      task_id: 'key',
      ordinal: 'integer',
      call_id: 'text',
      tool: 'text',
      effect: 'key',
      arguments_hash: 'key',
      idempotency_key: 'text',
      status: 'key',
      result: { kind: 'text', nullable: true },
      decision: { kind: 'text', nullable: true },
      step: 'integer',
      epoch: 'integer',
      created_at: 'integer',
      updated_at: 'integer',
    },
    primaryKey: ['call_key'],
    indexes: [{ columns: ['task_id', 'ordinal'] }],
  },
  {
    name: 'leftovers',
    columns: { id: 'key', kind: 'key' },
    primaryKey: ['id', 'kind'],
  },
];
