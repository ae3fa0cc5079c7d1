import { isJsonObject } from '../base/json.js';
import type { SchemaNode } from './schema-builder.js';

/** The value with every missing key that has a `default` filled in, at any depth. */
export function applyDefaults(schema: SchemaNode, value: unknown): unknown {
  if (Array.isArray(value) && schema.items !== undefined) return value.map((item) => applyDefaults(schema.items as SchemaNode, item));
  if (!isJsonObject(value)) return value;
  const filled = new Map<string, unknown>(Object.entries(value));
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    const current = filled.has(key) ? filled.get(key) : structuredClone(inner.default);
    if (current !== undefined) filled.set(key, applyDefaults(inner, current));
  }
  if (schema.additionalProperties) {
    for (const [key, current] of filled) filled.set(key, applyDefaults(schema.additionalProperties, current));
  }
  return Object.fromEntries(filled);
}
