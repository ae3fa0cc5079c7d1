/** The rows of one table, or of the query, and the statements that read them (RAG-04). */
import { sha256Hex } from '../../../base/json.js';
import type { SqlSourceSettings } from '../../../config/settings.js';
import { boundId, idsOfText, type RowId } from './row-id.js';
import type { SqlReader, SqlStatement } from './sql-reader.js';

export interface Selection {
  /** In document ids. */
  readonly name: string;
  /** Key path below `document_stores.<name>.source`, for messages. */
  readonly keyPath: string;
  readonly table: string;
  /** In place of a table. */
  readonly query: string;
  readonly where: string;
  readonly idColumn: string;
  readonly contentColumns: readonly string[];
  readonly metadataColumns: readonly string[];
  readonly updatedColumn: string;
}

export function listSelections({ sql }: SqlSourceSettings): readonly Selection[] {
  if (sql.query !== '') {
    const { query, idColumn, contentColumns, metadataColumns, updatedColumn } = sql;
    const columns = { idColumn, contentColumns, metadataColumns, updatedColumn };
    return [{ name: 'query', keyPath: 'sql.query', table: '', query: query.trim().replace(/;\s*$/, ''), where: '', ...columns }];
  }
  return sql.tables.map(({ table, columns, whereClause, idColumn, metadataColumns, updatedColumn }, index) => ({
    ...{ name: table, keyPath: `sql.tables.${index}`, table, query: '', where: whereClause },
    ...{ idColumn, contentColumns: columns, metadataColumns, updatedColumn },
  }));
}

/** Changes with what is read of a row: a new column is a new version of all of them. */
export function selectionMark({ contentColumns, updatedColumn }: Selection): string {
  return sha256Hex(JSON.stringify([contentColumns, updatedColumn])).slice(0, 8);
}

/** Ids, versions, sizes and metadata of the next rows, by id; those with the id `from` come again. */
export function pageStatement(selection: Selection, reader: SqlReader, from: RowId | undefined, limit: number): SqlStatement {
  const { idColumn, contentColumns, metadataColumns, updatedColumn } = selection;
  const id = reader.quote(idColumn);
  const columns = [
    `${id} AS hector_id`,
    `${contentColumns.map((column) => reader.bytesOf(reader.quote(column))).join(' + ')} AS hector_bytes`,
    ...(updatedColumn === '' ? [] : [`${reader.quote(updatedColumn)} AS hector_updated`]),
    ...metadataColumns.map((column, index) => `${reader.quote(column)} AS hector_m${index}`),
  ];
  const behind: SqlStatement = from === undefined ? [] : [` AND ${id} >= `, ...boundId(from)];
  return [
    `SELECT ${columns.join(', ')} FROM ${relation(selection, reader)} WHERE ${condition(selection, reader)}${id} IS NOT NULL`,
    ...behind,
    ` ORDER BY ${id} LIMIT ${limit}`,
  ];
}

/** One row when some row has no id. */
export function idlessStatement(selection: Selection, reader: SqlReader): SqlStatement {
  const { idColumn } = selection;
  return [
    `SELECT 1 AS hector_id FROM ${relation(selection, reader)} WHERE ${condition(selection, reader)}${reader.quote(idColumn)} IS NULL LIMIT 1`,
  ];
}

export function sampleStatement(selection: Selection, reader: SqlReader): SqlStatement {
  const id = reader.quote(selection.idColumn);
  return [`SELECT ${id} AS hector_id FROM ${relation(selection, reader)} WHERE ${condition(selection, reader)}${id} IS NOT NULL LIMIT 1`];
}

/** Contents of rows whose size is known to be bounded. */
export function contentsStatement(selection: Selection, reader: SqlReader, ids: readonly RowId[]): SqlStatement {
  const { idColumn, contentColumns } = selection;
  const id = reader.quote(idColumn);
  const list = ids.flatMap((value, index): SqlStatement => (index === 0 ? boundId(value) : [', ', ...boundId(value)]));
  const columns = [`${id} AS hector_id`, ...contentColumns.map((column, index) => `${reader.quote(column)} AS hector_c${index}`)];
  const from = `FROM ${relation(selection, reader)} WHERE ${condition(selection, reader)}${id} IN (`;
  return [`SELECT ${columns.join(', ')} ${from}`, ...list, ')'];
}

/** As `contentsStatement`, by the text of an id; `undefined`: no row has it. */
export function rowStatement(
  selection: Selection,
  reader: SqlReader,
  { id, sample }: { readonly id: string; readonly sample: RowId },
  maxBytes: number,
): SqlStatement | undefined {
  const ids = idsOfText(id, sample, reader.driver);
  if (ids === undefined) return undefined;
  const { contentColumns } = selection;
  const bytes = contentColumns.map((column) => reader.bytesOf(reader.quote(column))).join(' + ');
  // Grown since it was listed: such a row comes without its contents.
  const guarded = (column: string) => `CASE WHEN ${bytes} <= ${maxBytes} THEN ${reader.quote(column)} END`;
  const columns = contentColumns.map((column, index) => `${guarded(column)} AS hector_c${index}`);
  const from = `FROM ${relation(selection, reader)} WHERE ${condition(selection, reader)}${reader.quote(selection.idColumn)} IN (`;
  return [`SELECT ${bytes} AS hector_bytes, ${columns.join(', ')} ${from}`, ...ids, ') LIMIT 1'];
}

/** The line ends keep a comment at the end of what was written from reaching what comes behind it. */
function relation({ table, query }: Selection, reader: SqlReader): string {
  if (query !== '') return `(\n${query}\n) AS hector_rows`;
  const dot = table.indexOf('.');
  return dot === -1 ? reader.quote(table) : `${reader.quote(table.slice(0, dot))}.${reader.quote(table.slice(dot + 1))}`;
}

function condition({ where }: Selection, { inTime }: SqlReader): string {
  return `${inTime} AND ${where.trim() === '' ? '' : `(\n${where}\n) AND `}`;
}
