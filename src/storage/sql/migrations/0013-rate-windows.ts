import { createTable, type TableDefinition } from '../table-definition.js';
import type { Migration } from './migration.js';

/** Windows of rate limits that outlive Redis (CFG-86). */
export const rateWindowsMigration: Migration = {
  number: 13,
  name: 'rate-windows',
  statements: (dialect) => createTable(dialect, table),
};

const table: TableDefinition = {
  name: 'rate_windows',
  columns: { window_key: 'key', used: 'integer', ends_at: 'integer' },
  primaryKey: ['window_key'],
  indexes: [{ columns: ['ends_at'] }],
};
