import { addColumn, addIndex, createTable, type TableDefinition } from '../table-definition.js';
import type { Migration } from './migration.js';

/** Runs below other runs, and the state of sessions. Rows from before are runs of clients without children. */
export const childRunsMigration: Migration = {
  number: 7,
  name: 'child-runs',
  statements: (dialect) => [
    ...createTable(dialect, sessionStates),
    addColumn(dialect, 'tasks', 'parent_id', 'key'),
    addColumn(dialect, 'tasks', 'root_id', 'key'),
    addColumn(dialect, 'tasks', 'origin', 'text'),
    addColumn(dialect, 'tasks', 'children', 'integer'),
    addColumn(dialect, 'tasks', 'open_children', 'integer'),
    addColumn(dialect, 'tasks', 'has_temp', 'integer'),
    addIndex(dialect, 'tasks', { columns: ['parent_id', 'id'], skipNull: 'parent_id' }),
    addIndex(dialect, 'tasks', { columns: ['root_id', 'id'], skipNull: 'root_id' }),
  ],
};

const sessionStates: TableDefinition = {
  name: 'session_states',
  columns: { entry_key: 'key', scope_key: 'key', name: 'text', value: 'text', updated_at: 'integer' },
  primaryKey: ['entry_key'],
  indexes: [{ columns: ['scope_key'] }],
};
