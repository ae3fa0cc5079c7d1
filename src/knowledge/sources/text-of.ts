/** Values of rows and items as the text and the metadata of a document. */
import type { Metadata } from '../../base/metadata.js';

export interface NamedValue {
  readonly name: string;
  readonly value: unknown;
}

/** One value stands for itself; several are told apart by their names. Empty ones are left out. */
export function textOf(values: readonly NamedValue[]): string {
  const texts = values.map(({ name, value }) => ({ name, text: toText(value) }));
  if (texts.length === 1) return texts[0]?.text ?? '';
  return texts
    .filter(({ text }) => text !== '')
    .map(({ name, text }) => `${name}: ${text}`)
    .join('\n\n');
}

/** What is empty is left out, as nothing can be asked of it; what is not flat is its JSON. */
export function metadataOf(values: readonly NamedValue[]): Metadata {
  return Object.fromEntries(
    values
      .filter(({ value }) => value !== null && value !== undefined && !(typeof value === 'number' && Number.isNaN(value)))
      .map(({ name, value }) => [name, typeof value === 'number' || typeof value === 'boolean' ? value : toText(value)]),
  );
}

export function toText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return new TextDecoder('utf-8', { fatal: true }).decode(value);
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value);
}

/** With memory of its own: it is going to be transferred to a thread. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(text);
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
