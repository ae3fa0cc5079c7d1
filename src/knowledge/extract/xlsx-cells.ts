/** The filled cells of a sheet, in order, up to a number of them. */
import { findAttribute, localName } from './office.js';
import { readXmlPart } from './read-xml.js';
import type { DateFormats } from './xlsx-dates.js';

export interface Cell {
  /** Such as `B2`. */
  readonly reference: string;
  readonly row: number;
  readonly text: string;
  /** Where its text is among the shared ones; then `text` is ''. */
  readonly shared?: number;
}

export async function readCells(
  name: string,
  content: Uint8Array,
  limit: number,
  dates: DateFormats,
): Promise<{ readonly cells: readonly Cell[]; readonly isCut: boolean }> {
  const cells: Cell[] = [];
  let isCut = false;
  let row = 0;
  let column = 0;
  let reference = '';
  let type = '';
  let style = 0;
  let value = '';
  let inValue = false;
  await readXmlPart(name, content, {
    open(tag, attributes) {
      const local = localName(tag);
      if (local === 'row') {
        row = Number(findAttribute(attributes, 'r')) || row + 1;
        column = 0;
      } else if (local === 'c') {
        column += 1;
        const written = findAttribute(attributes, 'r');
        reference = written ?? `${columnName(column)}${row}`;
        if (written !== undefined) column = columnNumber(written);
        type = findAttribute(attributes, 't') ?? 'n';
        style = Number(findAttribute(attributes, 's')) || 0;
        value = '';
      }
      inValue = local === 'v' || (local === 't' && type === 'inlineStr');
    },
    text(part) {
      if (inValue) value += part;
    },
    close(tag) {
      inValue = false;
      if (localName(tag) !== 'c' || value.trim() === '') return;
      if (cells.length >= limit) {
        isCut = true;
        return;
      }
      const cell = { reference, row };
      if (type === 's') cells.push({ ...cell, text: '', shared: Number(value) });
      else if (type === 'b') cells.push({ ...cell, text: value.trim() === '1' ? 'TRUE' : 'FALSE' });
      else if (type === 'n') cells.push({ ...cell, text: dates.format(style, Number(value)) ?? value.trim() });
      else cells.push({ ...cell, text: value });
    },
    isDone: () => isCut,
  });
  return { cells, isCut };
}

function columnNumber(reference: string): number {
  let number = 0;
  for (const letter of /^[A-Z]{1,3}/.exec(reference)?.[0] ?? 'A') number = number * 26 + letter.charCodeAt(0) - 64;
  return number;
}

function columnName(number: number): string {
  let name = '';
  for (let rest = number; rest > 0; rest = Math.floor((rest - 1) / 26)) name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
  return name;
}
