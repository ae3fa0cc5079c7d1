import { join, resolve } from 'node:path';
import { choice, integer, named, object, optional, type Static, text } from '../schema-builder.js';
import type { DatabaseSettings } from '../settings.js';
import type { ResolveContext } from './resolve-context.js';

const DatabaseSchema = object(
  {
    driver: choice(['sqlite', 'postgres', 'mysql'], 'Kind of database; mysql also means MariaDB.', { 'x-aliases': { sqlite3: 'sqlite' } }),
    url: text('Connection URL in place of host, port and database.', { default: '', writeOnly: true }),
    host: text('Host name; not for sqlite.', { default: 'localhost' }),
    port: optional(integer('Port; default 5432 (postgres) or 3306 (mysql).', { minimum: 0, maximum: 65_535 })),
    database: optional(
      text("Database name, default hector; for sqlite the file, default hector.db in the state folder, or ':memory:'.", { minLength: 1 }),
    ),
    username: text('User name.', { default: '' }),
    password: text('Password.', { default: '', writeOnly: true }),
    ssl_mode: choice(['disable', 'require', 'verify-full'], 'Encryption of the connection.', { default: 'disable' }),
    max_conns: integer('Most open connections; sqlite always uses one.', { default: 25, minimum: 1, maximum: 10_000 }),
    max_idle: integer('Connections kept open while idle.', { default: 5, minimum: 0, maximum: 10_000 }),
    query_timeout_ms: integer(
      'Longest wait for the server to connect or to answer one statement, milliseconds; then the connection is dropped. Not for sqlite.',
      { default: 15_000, minimum: 2_000, maximum: 600_000 },
    ),
  },
  'One database.',
);

export const DatabasesSchema = named(DatabaseSchema, 'Databases by name. Default: one SQLite file in the state folder.');

const DEFAULT_PORTS = { sqlite: 0, postgres: 5432, mysql: 3306 } as const;

export function resolveDatabase(database: Static<typeof DatabaseSchema>, context: ResolveContext): DatabaseSettings {
  return {
    driver: database.driver,
    url: database.url,
    host: database.host,
    port: database.port || DEFAULT_PORTS[database.driver],
    database: database.driver === 'sqlite' ? resolveFile(database.database, context) : (database.database ?? 'hector'),
    username: database.username,
    password: database.password,
    sslMode: database.ssl_mode,
    maxConns: database.max_conns,
    maxIdle: database.max_idle,
    queryTimeoutMs: database.query_timeout_ms,
  };
}

function resolveFile(file: string | undefined, context: ResolveContext): string {
  if (file === undefined) return join(context.stateDirectory, 'hector.db');
  return file === ':memory:' ? file : resolve(context.workingDirectory, file);
}
