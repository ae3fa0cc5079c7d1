import type { ColumnKind } from './column-kind.js';
import type { SqlDialect } from './dialects/dialect.js';
import { type Program, patient, rowsOf } from './query.js';

export interface ColumnDefinition {
  readonly kind: ColumnKind;
  /** Default false. */
  readonly nullable?: boolean;
}

export interface IndexDefinition {
  readonly columns: readonly string[];
  readonly unique?: boolean;
  /** Rows where this column is null are left out of the index, in dialects that can. */
  readonly skipNull?: string;
}

export interface TableDefinition {
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnDefinition | ColumnKind>>;
  readonly primaryKey: readonly string[];
  readonly indexes?: readonly IndexDefinition[];
}

/** Statements that create the table and its indexes; running them again does nothing. */
export function createTable(dialect: SqlDialect, table: TableDefinition): readonly string[] {
  const columns = Object.entries(table.columns).map(([name, definition]) => {
    const { kind, nullable = false } = typeof definition === 'string' ? { kind: definition } : definition;
    return `${name} ${dialect.columnTypes[kind]}${nullable ? '' : ' NOT NULL'}`;
  });
  const indexes = (table.indexes ?? []).map((index) => ({ ...index, name: indexName(table.name, index) }));
  const inline = dialect.inlineIndexes
    ? indexes.map((index) => `${index.unique ? 'UNIQUE KEY' : 'KEY'} ${index.name} (${index.columns.join(', ')})`)
    : [];
  const create = `CREATE TABLE IF NOT EXISTS ${table.name} (${[...columns, `PRIMARY KEY (${table.primaryKey.join(', ')})`, ...inline].join(', ')})${dialect.tableSuffix}`;
  if (dialect.inlineIndexes) return [create];
  return [create, ...(table.indexes ?? []).map((index) => createIndex(dialect, table.name, index, 'IF NOT EXISTS '))];
}

/**
 * Adds a column that rows from before have as null, which costs no rewrite of the table; does nothing when it is there.
 * Asks first: SQLite and MySQL 8 know no ADD COLUMN IF NOT EXISTS.
 */
export function addColumn(dialect: SqlDialect, table: string, name: string, kind: ColumnKind): () => Program<void> {
  return unlessFound(dialect.catalogue.column, [table, name], `ALTER TABLE ${table} ADD COLUMN ${name} ${dialect.columnTypes[kind]}`);
}

/** Adds an index to a table from before; does nothing when it is there. */
export function addIndex(dialect: SqlDialect, table: string, index: IndexDefinition): () => Program<void> {
  return unlessFound(dialect.catalogue.index, [table, indexName(table, index)], createIndex(dialect, table, index));
}

function unlessFound(question: string, parameters: readonly string[], statement: string): () => Program<void> {
  return function* () {
    const found = yield* rowsOf(patient(question, parameters));
    if (found.length === 0) yield patient(statement);
  };
}

function createIndex(dialect: SqlDialect, table: string, index: IndexDefinition, guard = ''): string {
  const create = `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX ${guard}${indexName(table, index)} ON ${table} (${index.columns.join(', ')})`;
  return index.skipNull === undefined || dialect.inlineIndexes ? create : `${create} WHERE ${index.skipNull} IS NOT NULL`;
}

function indexName(table: string, { columns }: IndexDefinition): string {
  return `${table}_${columns.join('_')}`;
}
