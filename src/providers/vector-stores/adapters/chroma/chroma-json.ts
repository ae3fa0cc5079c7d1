/** Chroma tells whole numbers from others by how they are written, and keeps them apart: all are written as floating ones. */
import type { FieldCondition, FieldValue } from '../../outside/split-filter.js';

/** `absent`: keys that an entry shall have no more. */
export function encodeChromaMetadata(metadata: Readonly<Record<string, FieldValue>>, absent: readonly string[]): string {
  const members = Object.entries(metadata).map(([key, value]) => `${JSON.stringify(key)}:${encodeValue(value)}`);
  return `{${[...members, ...absent.map((key) => `${JSON.stringify(key)}:null`)].join(',')}}`;
}

/** `undefined` for no condition, which Chroma has no form for. */
export function chromaWhere(conditions: readonly FieldCondition[]): string | undefined {
  const parts = conditions.flatMap((condition) => {
    const field = JSON.stringify(condition.field);
    if ('anyOf' in condition) return [`{${field}:{"$in":[${condition.anyOf.map(encodeValue).join(',')}]}}`];
    return Object.entries(condition.bounds).map(([bound, value]) => `{${field}:{"$${bound}":${encodeValue(value as number)}}}`);
  });
  // "$and" wants two at least.
  return parts.length < 2 ? parts[0] : `{"$and":[${parts.join(',')}]}`;
}

function encodeValue(value: FieldValue): string {
  if (typeof value !== 'number') return JSON.stringify(value);
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
