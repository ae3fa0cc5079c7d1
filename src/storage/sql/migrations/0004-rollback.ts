import { createTable, type TableDefinition } from '../table-definition.js';
import type { Migration } from './migration.js';

/** Runs that have left their session: its readers pass over what they said. */
export const rollbackMigration: Migration = {
  number: 4,
  name: 'rollback',
  statements: (dialect) => createTable(dialect, rolledBackRuns),
};

const rolledBackRuns: TableDefinition = {
  name: 'rolled_back_runs',
  columns: { session_id: 'key', task_id: 'key' },
  primaryKey: ['session_id', 'task_id'],
};
