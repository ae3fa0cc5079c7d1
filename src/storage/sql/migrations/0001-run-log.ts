import { createTable, type TableDefinition } from '../table-definition.js';
import type { Migration } from './migration.js';

/** Tasks, their events, sessions and accepted messages: the run log (ARCHITECTURE §5). */
export const runLogMigration: Migration = {
  number: 1,
  name: 'run-log',
  statements: (dialect) => tables.flatMap((table) => createTable(dialect, table)),
};

const tables: readonly TableDefinition[] = [
  {
    name: 'tasks',
    columns: {
      id: 'key',
      session_key: 'key',
      session_id: 'key',
      turn: 'integer',
      agent: 'text',
      owner: 'text',
      context_id: 'text',
      tenant: 'text',
      state: 'key',
      epoch: 'integer',
      step: 'integer',
      takes: 'integer',
      seq: 'integer',
      config_version: 'key',
      control: 'text',
      traceparent: 'text',
      created_at: 'integer',
      updated_at: 'integer',
      open_session: { kind: 'key', nullable: true },
      runnable_since: { kind: 'integer', nullable: true },
    },
    primaryKey: ['id'],
    indexes: [
      { columns: ['open_session', 'turn'], skipNull: 'open_session' },
      { columns: ['runnable_since', 'id'], skipNull: 'runnable_since' },
    ],
  },
  {
    name: 'task_events',
    columns: { task_id: 'key', seq: 'integer', epoch: 'integer', created_at: 'integer', body: 'text' },
    primaryKey: ['task_id', 'seq'],
  },
  {
    name: 'accepted_messages',
    columns: { dedupe_key: 'key', task_id: 'key', message_hash: 'key', created_at: 'integer' },
    primaryKey: ['dedupe_key'],
  },
  {
    name: 'sessions',
    columns: {
      session_key: 'key',
      session_id: 'key',
      agent: 'text',
      owner: 'text',
      context_id: 'text',
      last_position: 'integer',
      last_turn: 'integer',
      created_at: 'integer',
      updated_at: 'integer',
    },
    primaryKey: ['session_key'],
  },
  {
    name: 'session_messages',
    columns: { session_id: 'key', turn: 'integer', position: 'integer', task_id: 'key', body: 'text' },
    primaryKey: ['session_id', 'turn', 'position'],
  },
  {
    name: 'config_versions',
    columns: { version: 'key', body: 'text', created_at: 'integer' },
    primaryKey: ['version'],
  },
];
