import type { ColumnKind } from './column-kind.js';
import type { SqlDialect } from './dialects/dialect.js';

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
  const indexes = (table.indexes ?? []).map((index) => ({ ...index, name: `${table.name}_${index.columns.join('_')}` }));
  const inline = dialect.inlineIndexes
    ? indexes.map((index) => `${index.unique ? 'UNIQUE KEY' : 'KEY'} ${index.name} (${index.columns.join(', ')})`)
    : [];
  const create = `CREATE TABLE IF NOT EXISTS ${table.name} (${[...columns, `PRIMARY KEY (${table.primaryKey.join(', ')})`, ...inline].join(', ')})${dialect.tableSuffix}`;
  if (dialect.inlineIndexes) return [create];
  return [
    create,
    ...indexes.map(
      (index) =>
        `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX IF NOT EXISTS ${index.name} ON ${table.name} (${index.columns.join(', ')})` +
        (index.skipNull === undefined ? '' : ` WHERE ${index.skipNull} IS NOT NULL`),
    ),
  ];
}
