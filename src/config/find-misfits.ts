/**
 * Where a document does not fit a schema of the configuration.
 *
 * Ajv would compile the whole schema into a program of a megabyte at every start, for one document that it reads once: 0.2 s and 20 MB of
 * this process. These are the few keywords that `schema-builder.ts` has; a test compares the outcome with Ajv's.
 */
import { isJsonObject, type JsonObject } from '../base/json.js';
import type { Path } from './path.js';
import type { SchemaNode } from './schema-builder.js';

export interface Misfit {
  readonly path: Path;
  /** `unknown`: no such key. `missing`: it must be written. `name`: it cannot be called that. `value`: it may not be this. */
  readonly kind: 'unknown' | 'missing' | 'name' | 'value';
  /** What is wanted: of the mapping for `unknown` and `name`, else of the place itself. */
  readonly schema: SchemaNode;
}

/** All of them, from above to below; more than one for a place that is wrong in several ways. */
export function* findMisfits(value: unknown, schema: SchemaNode, path: Path = []): Generator<Misfit> {
  if (!fits(value, schema)) yield { path, kind: 'value', schema };
  if (schema.type === 'array' && Array.isArray(value))
    for (const [index, item] of value.entries()) yield* findMisfits(item, schema.items ?? {}, [...path, index]);
  if (schema.type === 'object' && isJsonObject(value)) yield* findMisfitMembers(value, schema, path);
}

function* findMisfitMembers(value: JsonObject, schema: SchemaNode, path: Path): Generator<Misfit> {
  const { properties = {}, required = [], propertyNames, additionalProperties = {} } = schema;
  for (const key of required) if (value[key] === undefined) yield { path: [...path, key], kind: 'missing', schema: properties[key] ?? {} };
  const others = Object.keys(value).filter((key) => !Object.hasOwn(properties, key));
  if (propertyNames !== undefined)
    for (const key of Object.keys(value)) if (!fits(key, propertyNames)) yield { path: [...path, key], kind: 'name', schema };
  for (const key of others) {
    if (additionalProperties === false) yield { path: [...path, key], kind: 'unknown', schema };
    else yield* findMisfits(value[key], additionalProperties, [...path, key]);
  }
  for (const [key, member] of Object.entries(properties))
    if (value[key] !== undefined) yield* findMisfits(value[key], member, [...path, key]);
}

/** Without what is inside it. */
function fits(value: unknown, schema: SchemaNode): boolean {
  switch (schema.type) {
    case undefined:
      return true;
    case 'string':
      return typeof value === 'string' && fitsText(value, schema);
    case 'boolean':
      return typeof value === 'boolean';
    case 'array':
      return Array.isArray(value) && value.length >= (schema.minItems ?? 0);
    case 'object':
      return isJsonObject(value);
    default:
      return typeof value === 'number' && Number.isFinite(value) && fitsNumber(value, schema);
  }
}

function fitsText(value: string, { enum: values, pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: SchemaNode): boolean {
  if (values !== undefined && !values.includes(value)) return false;
  // In characters, as JSON Schema counts.
  const length = [...value].length;
  if (length < minLength || length > maxLength) return false;
  return pattern === undefined || new RegExp(pattern, 'u').test(value);
}

function fitsNumber(value: number, { type, minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY }: SchemaNode): boolean {
  return value >= minimum && value <= maximum && (type === 'number' || Number.isInteger(value));
}
