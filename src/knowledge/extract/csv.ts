/** Tables as text: each row with the names of its columns, so that a chunk tells what its values are. */
import type { ExtractedText } from './extracted-text.js';
import { LineWriter } from './line-writer.js';

export function extractCsv(name: string, source: string, extension: string): ExtractedText {
  const rows = readRows(source, extension === '.tsv' ? '\t' : findDelimiter(source));
  const writer = new LineWriter(name);
  const first = rows.next();
  if (first.done === true) return { text: '', title: '' };
  const header = isHeader(first.value.cells) ? first.value.cells.map((cell) => clean(cell).slice(0, MAX_NAME)) : undefined;
  const write = ({ cells, line }: Row) => {
    const filled = cells.flatMap((cell, index) => {
      const text = clean(cell);
      if (text === '') return [];
      return [header?.[index] ? `${header[index]}: ${text}` : text];
    });
    if (filled.length > 0) writer.line(filled.join(' | '), line);
  };
  if (header === undefined) write(first.value);
  else writer.line(header.join(' | '), first.value.line);
  for (const row of rows) write(row);
  return writer.finish('', true);
}

interface Row {
  readonly cells: readonly string[];
  /** Where it begins, from 1. */
  readonly line: number;
}

/** Quoted cells may hold delimiters, line ends and doubled quotes (RFC 4180). */
function* readRows(source: string, delimiter: string): Generator<Row> {
  const special = new RegExp(`["\\n${delimiter === '\t' ? '\\t' : `\\${delimiter}`}]`, 'g');
  let line = 1;
  let at = 0;
  while (at < source.length) {
    const cells: string[] = [];
    const begins = line;
    for (;;) {
      let cell = '';
      if (source[at] === '"') {
        at += 1;
        for (;;) {
          const quote = source.indexOf('"', at);
          const end = quote === -1 ? source.length : quote;
          cell += source.slice(at, end);
          at = end + 1;
          if (source[at] !== '"') break;
          cell += '"';
          at += 1;
        }
        line += countLineEnds(cell);
      }
      special.lastIndex = at;
      let found = special.exec(source);
      // A quote within a cell is a sign like any other.
      while (found?.[0] === '"') found = special.exec(source);
      const end = found?.index ?? source.length;
      cells.push(cell + source.slice(at, end));
      at = end + 1;
      if (found?.[0] === delimiter) continue;
      line += 1;
      break;
    }
    if (cells.length > 1 || cells[0]?.trim() !== '') yield { cells, line: begins };
  }
}

function countLineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** The sign that the first line has most of. */
function findDelimiter(source: string): string {
  const end = source.indexOf('\n');
  const line = source.slice(0, Math.min(end === -1 ? source.length : end, 10_000)).replace(/"[^"]*"/g, '');
  const counts = [',', ';', '\t', '|'].map((sign) => [sign, line.split(sign).length] as const);
  return counts.reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

/** Names, each once; no numbers, no dates. */
function isHeader(cells: readonly string[]): boolean {
  const names = cells.map((cell) => cell.trim());
  return names.length > 1 && new Set(names).size === names.length && names.every((name) => name !== '' && !/^[-+\d.,:/\s%€$]+$/.test(name));
}

function clean(cell: string): string {
  return cell.replace(/\s+/g, ' ').trim();
}

const MAX_NAME = 100;
