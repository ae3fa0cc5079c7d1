import { isJsonObject } from '../base/json.js';
import { parseDuration } from './duration.js';
import type { SchemaNode } from './schema-builder.js';

/**
 * Weak typing (CFG-05): text becomes the number, switch, duration or list that the schema wants there, and a
 * number becomes text where text is wanted. What does not fit is left as it is, for validation to report.
 */
export function coerceValues(schema: SchemaNode, value: unknown): unknown {
  switch (schema.type) {
    case 'integer':
    case 'number':
      return typeof value === 'string' ? (toNumber(value, schema) ?? value) : value;
    case 'boolean':
      return typeof value === 'string' ? (toBoolean(value) ?? value) : value;
    case 'string':
      return toText(value, schema);
    case 'array':
      return toList(value, schema);
    case 'object':
      return toObject(value, schema);
    default:
      return value;
  }
}

function toNumber(text: string, schema: SchemaNode): number | undefined {
  if (schema['x-duration'] !== undefined) return parseDuration(text);
  const trimmed = text.trim();
  if (Object.hasOwn(schema['x-words'] ?? {}, trimmed)) return schema['x-words']?.[trimmed];
  if (!/^[+-]?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+|0x[\da-f]+|0o[0-7]+)$/i.test(trimmed)) return undefined;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : undefined;
}

function toBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (['true', 'yes', 'on', '1'].includes(word)) return true;
  if (['false', 'no', 'off', '0'].includes(word)) return false;
  return undefined;
}

function toText(value: unknown, schema: SchemaNode): unknown {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof text !== 'string' || schema.enum === undefined) return text;
  const aliases = schema['x-aliases'] ?? {};
  return Object.hasOwn(aliases, text) ? aliases[text] : text;
}

function toList(value: unknown, schema: SchemaNode): unknown {
  const items = typeof value === 'string' ? splitList(value) : value;
  return Array.isArray(items) && schema.items !== undefined ? items.map((item) => coerceValues(schema.items as SchemaNode, item)) : items;
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** A key with nothing behind it (`llms:`) is an empty mapping. */
function toObject(value: unknown, schema: SchemaNode): unknown {
  if (value === null) return {};
  if (!isJsonObject(value)) return value;
  const inner = schema.additionalProperties === false ? undefined : schema.additionalProperties;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const own = schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : inner;
      return [key, own === undefined ? member : coerceValues(own, member)];
    }),
  );
}
