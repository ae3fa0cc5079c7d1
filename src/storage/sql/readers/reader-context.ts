import type { Clock } from '../../../base/clock.js';
import type { SqlStatement } from '../../../knowledge/sources/sql/sql-reader.js';

export interface ReaderContext {
  /** Of the settings, for messages. */
  readonly keyPath: string;
  readonly clock: Clock;
}

/** Connections of one reader at most: one for the scan, the others for what is read meanwhile. */
export const MAX_READER_CONNECTIONS = 4;

/** The text with the driver's own marks where values are bound. */
export function toDriverText(
  statement: SqlStatement,
  mark: (number: number) => string,
): { readonly text: string; readonly values: unknown[] } {
  const values: unknown[] = [];
  const text = statement.map((part) => (typeof part === 'string' ? part : mark(values.push(part.value)))).join('');
  return { text, values };
}
