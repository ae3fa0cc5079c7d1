/** What tells rows apart, as the end of a document's id and back in a statement. */
import type { SqlReader, SqlStatement, SqlValue } from './sql-reader.js';

export type RowId = Exclude<SqlValue, null | boolean>;

/** `undefined`: nothing that tells rows apart. */
export function toRowId(value: SqlValue | undefined): RowId | undefined {
  return value === null || value === undefined || typeof value === 'boolean' || value === '' ? undefined : value;
}

export function rowIdText(id: RowId): string {
  return id instanceof Uint8Array ? `0x${Buffer.from(id).toString('hex')}` : String(id);
}

/** Numbers are written out: bound, drivers would send them as doubles. */
export function boundId(id: RowId): SqlStatement {
  return typeof id === 'number' || typeof id === 'bigint' ? [String(id)] : [{ value: id }];
}

/** `IN (…)` of what the text may have been; `sample` is an id of the same column. `undefined`: it cannot be an id of that column. */
export function idsOfText(text: string, sample: RowId, driver: SqlReader['driver']): SqlStatement | undefined {
  if (sample instanceof Uint8Array && /^0x([0-9a-f]{2})+$/.test(text)) return [{ value: Buffer.from(text.slice(2), 'hex') }];
  const isWhole = /^-?\d{1,20}$/.test(text);
  // A column of SQLite may hold both.
  if (driver === 'sqlite') return isWhole ? [`${text}, `, { value: text }] : [{ value: text }];
  if (typeof sample !== 'number' && typeof sample !== 'bigint') return [{ value: text }];
  // Some databases would take a text that only begins with a number for that number.
  return NUMBER.test(text) ? [text] : undefined;
}

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;
