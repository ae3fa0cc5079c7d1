/** What the views of the management API's answers have in common. */
import type { JsonValue } from '../base/json.js';

/** A line per row; a cell without a width ends where its text does. */
export function formatColumns(rows: readonly (readonly string[])[], widths: readonly number[]): string {
  return rows
    .map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

export function toText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}
