import type { SqlDialect } from '../dialects/dialect.js';
import type { Program } from '../query.js';

/** A statement, or several of which the later ones depend on what the earlier found. */
export type MigrationStep = string | (() => Program<void>);

/** One numbered change of the schema. Once released it is never edited; a further change is a further number. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  /** Each must do nothing when run again: MySQL commits DDL statement by statement, and a process may die in between. */
  statements(dialect: SqlDialect): readonly MigrationStep[];
}
