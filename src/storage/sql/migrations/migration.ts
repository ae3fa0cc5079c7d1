import type { SqlDialect } from '../dialects/dialect.js';
import type { MigrationStep } from '../query.js';

/** One numbered change of the schema. Once released it is never edited; a further change is a further number. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  /** Each must do nothing when run again: MySQL commits DDL statement by statement, and a process may die in between. */
  statements(dialect: SqlDialect): readonly MigrationStep[];
}
