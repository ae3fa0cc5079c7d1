/** JSON as people would note it: names and values without quotes and escapes. What is laid out in lines already stays as it is. */
import { isJsonObject, type JsonValue } from '../../base/json.js';
import type { ExtractedText } from './extracted-text.js';
import { LineWriter } from './line-writer.js';

/** @throws SyntaxError for what is no JSON. */
export function extractJson(name: string, source: string): ExtractedText {
  const value = JSON.parse(source) as JsonValue;
  const title = findTitle(value);
  if (isLaidOut(source)) return { text: source, title };
  const writer = new LineWriter(name);
  writeValue(writer, value, 1);
  return writer.finish(title, true);
}

/** One value per line; each knows its line. */
export function extractJsonLines(name: string, source: string): ExtractedText {
  const writer = new LineWriter(name);
  source.split('\n').forEach((line, index) => {
    if (line.trim() === '') return;
    writeValue(writer, JSON.parse(line) as JsonValue, index + 1);
    writer.gap();
  });
  return writer.finish('', true);
}

function writeValue(writer: LineWriter, value: JsonValue, sourceLine: number): void {
  const visit = (name: string, inner: JsonValue, depth: number): void => {
    if (depth > MAX_DEPTH) throw new RangeError(`JSON nested more than ${MAX_DEPTH} deep`);
    const indent = '  '.repeat(depth);
    const label = name === '' ? '' : `${name}: `;
    if (inner === null || inner === '') return;
    if (typeof inner === 'string') writer.line(`${indent}${label}${inner.replace(/\r\n?/g, '\n')}`.replaceAll('\u0000', ' '), sourceLine);
    else if (typeof inner !== 'object') writer.line(`${indent}${label}${inner}`, sourceLine);
    else if (Array.isArray(inner)) {
      if (inner.every((one) => one === null || typeof one !== 'object')) {
        const all = inner.filter((one) => one !== null && one !== '').join(', ');
        if (all !== '') writer.line(`${indent}${label}${all}`.replaceAll('\u0000', ' '), sourceLine);
        return;
      }
      if (name !== '') writer.line(`${indent}${name}:`, sourceLine);
      for (const [index, one] of inner.entries()) {
        if (index > 0) writer.gap();
        visit('', one, name === '' ? depth : depth + 1);
      }
    } else {
      if (name !== '') writer.line(`${indent}${name}:`, sourceLine);
      for (const [key, one] of Object.entries(inner)) visit(key.replace(/\s+/g, ' '), one ?? null, name === '' ? depth : depth + 1);
    }
  };
  visit('', value, 0);
}

function findTitle(value: JsonValue): string {
  const title = isJsonObject(value) ? (value['title'] ?? value['name']) : undefined;
  return typeof title === 'string' ? title.replace(/\s+/g, ' ').trim().slice(0, 300) : '';
}

/** Lines that a person could read. */
function isLaidOut(source: string): boolean {
  let from = 0;
  let lines = 0;
  for (;;) {
    const end = source.indexOf('\n', from);
    if ((end === -1 ? source.length : end) - from > MAX_LINE) return false;
    lines += 1;
    if (end === -1) return lines > 1 || source.length < 200;
    from = end + 1;
  }
}

const MAX_DEPTH = 100;
const MAX_LINE = 500;
