import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import type { Driver, SqlDialect } from './dialects/dialect.js';
import { migrations as allMigrations } from './migrations/index.js';
import type { Migration } from './migrations/migration.js';
import { type Program, patient, rowsOf } from './query.js';
import { createTable } from './table-definition.js';

export interface MigrationTarget extends Pick<Driver, 'transact'> {
  readonly dialect: SqlDialect;
}

export interface MigrateOptions {
  readonly clock: Clock;
  /** How messages name the database. */
  readonly label: string;
  /** Default: all that this program knows. */
  readonly migrations?: readonly Migration[];
}

/** Brings the schema up to date. Several processes may do so at the same instant: one works, the others wait. */
export async function migrate(database: MigrationTarget, options: MigrateOptions): Promise<void> {
  const { dialect } = database;
  const migrations = options.migrations ?? allMigrations;

  function* upgrade(): Program<void> {
    yield* dialect.migrationLock.acquire();
    try {
      for (const sql of createTable(dialect, schemaMigrations)) yield patient(sql);
      const rows = yield* rowsOf<{ number: number }>({ sql: 'SELECT number FROM schema_migrations', parameters: [] });
      const applied = new Set(rows.map((row) => row.number));
      assertNotNewer(applied, migrations, options.label);
      for (const migration of migrations) {
        if (applied.has(migration.number)) continue;
        for (const step of migration.statements(dialect)) {
          if (typeof step === 'string') yield patient(step);
          else yield* step();
        }
        yield* rowsOf(dialect.rows.insert(recordShape, [[migration.number, migration.name, options.clock.now()]])[0] ?? never());
      }
    } finally {
      yield* dialect.migrationLock.release();
    }
  }

  await database.transact(upgrade);
}

function assertNotNewer(applied: ReadonlySet<number>, migrations: readonly Migration[], label: string): void {
  const newest = Math.max(0, ...applied);
  const known = migrations.at(-1)?.number ?? 0;
  if (newest <= known) return;
  throw new AppError('DATABASE_SCHEMA', {
    message: `${label} has schema ${newest}, this program knows up to ${known}: a newer Hector has used it. Run that version, or name another database`,
  });
}

function never(): never {
  throw new AppError('INTERNAL', { message: 'one row gave no insert statement' });
}

const schemaMigrations = {
  name: 'schema_migrations',
  columns: { number: 'integer', name: 'key', applied_at: 'integer' },
  primaryKey: ['number'],
} as const;

const recordShape = { table: 'schema_migrations', columns: { number: 'integer', name: 'key', applied_at: 'integer' } } as const;
