/** `document_stores.<name>.source.sql` (RAG-04). */
import { integer, list, object, optional, type Static, text } from '../schema-builder.js';
import type { SqlSourceSettings } from '../source-settings.js';

const COLUMN = text('Name of a column.', { minLength: 1, maxLength: 128 });

const updatedColumn = () =>
  text('Column that changes whenever the row does, such as a time of change: contents of unchanged rows are not read again.', {
    default: '',
  });

const TableSchema = object(
  {
    table: text('Table or view, with its schema before a dot where it needs one.', { minLength: 1, maxLength: 260 }),
    columns: list(COLUMN, 'Columns of the text, in order.', { minItems: 1 }),
    id_column: text('Column that tells rows apart; an index on it makes scans fast.', { default: 'id', minLength: 1, maxLength: 128 }),
    updated_column: updatedColumn(),
    where_clause: text('Condition in the SQL of the database; it is trusted like the rest of this file.', { default: '' }),
    metadata_columns: list(COLUMN, 'Columns that searches can filter by.', { default: [] }),
  },
  'One table.',
);

export const SqlSourceSchema = object(
  {
    database: text('Name in databases; it is only read.', { minLength: 1 }),
    tables: list(TableSchema, 'Tables whose rows are documents; or write a query.', { default: [] }),
    query: text('A SELECT whose rows are documents, with the columns that are named beside it.', { default: '' }),
    id_column: text('With query: column that tells rows apart.', { default: 'id', minLength: 1, maxLength: 128 }),
    content_columns: list(COLUMN, 'With query: columns of the text, in order.', { default: [] }),
    metadata_columns: list(COLUMN, 'With query: columns that searches can filter by.', { default: [] }),
    updated_column: updatedColumn(),
    max_rows: optional(
      integer('Rows of each table, or of the query, that are indexed, by id; that there are more is reported. Default: all.', {
        minimum: 0,
      }),
    ),
  },
  'Rows of a database.',
);

export function resolveSqlSource(sql: Static<typeof SqlSourceSchema>): SqlSourceSettings['sql'] {
  return {
    database: sql.database,
    tables: sql.tables.map((table) => ({
      table: table.table,
      columns: table.columns,
      idColumn: table.id_column,
      updatedColumn: table.updated_column,
      whereClause: table.where_clause,
      metadataColumns: table.metadata_columns,
    })),
    query: sql.query,
    idColumn: sql.id_column,
    contentColumns: sql.content_columns,
    metadataColumns: sql.metadata_columns,
    updatedColumn: sql.updated_column,
    maxRows: sql.max_rows ?? 0,
  };
}
