import { createTable, type TableDefinition } from '../table-definition.js';
import type { Migration } from './migration.js';

/** Push notification configs, and how far each has got. */
export const pushMigration: Migration = {
  number: 5,
  name: 'push',
  statements: (dialect) => createTable(dialect, pushConfigs),
};

const pushConfigs: TableDefinition = {
  name: 'push_configs',
  columns: {
    config_key: 'key',
    task_id: 'key',
    config_id: 'text',
    tenant: 'text',
    url: 'text',
    token: 'text',
    scheme: 'text',
    credentials: 'text',
    wire_version: 'key',
    start_seq: 'integer',
    delivered_seq: 'integer',
    revision: 'integer',
    state: 'key',
    active_key: { kind: 'key', nullable: true },
    failures: 'integer',
    next_attempt_at: 'integer',
    created_at: 'integer',
  },
  primaryKey: ['config_key'],
  indexes: [{ columns: ['task_id', 'created_at', 'config_key'] }, { columns: ['active_key'], skipNull: 'active_key' }],
};
