import { isJsonObject } from '../base/json.js';
import type { SchemaNode } from './schema-builder.js';

/** What stands there, short; secrets are not shown. */
export function describeSeen(value: unknown, schema: SchemaNode): string {
  if (value === null || value === undefined) return 'nothing is written here';
  if (Array.isArray(value)) return `this is a list of ${value.length}`;
  if (isJsonObject(value)) return 'this is a mapping of keys';
  if (schema.writeOnly) return 'the value (a secret, not shown) does not fit';
  if (typeof value !== 'string') return `the value is ${String(value)}`;
  return value === '' ? 'the text is empty' : `the value is '${hideCredentials(value.length > 60 ? `${value.slice(0, 60)}…` : value)}'`;
}

/** What would fit, in words. */
export function describeWanted(schema: SchemaNode): string {
  if (schema.enum !== undefined)
    return `${schema.enum.length > 1 ? 'one of ' : ''}${schema.enum.map((value) => (value === '' ? "''" : value)).join(', ')}`;
  if (schema['x-duration'] !== undefined)
    return `a duration such as 500ms, 2s or 2m30s (a bare number is milliseconds)${describeRange(schema, ' ms')}`;
  switch (schema.type) {
    case 'integer':
      return `${Object.keys(schema['x-words'] ?? {})
        .map((word) => `${word} or `)
        .join('')}a whole number${describeRange(schema)}`;
    case 'number':
      return `a number${describeRange(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list${(schema.minItems ?? 0) > 0 ? ' of at least one' : ''}${schema.items?.type === 'string' ? ' of texts; [] is none' : ' of mappings'}`;
    case 'object':
      return schema.properties === undefined
        ? 'a mapping of names'
        : `a mapping with the keys ${Object.keys(schema.properties).join(', ')}`;
    default:
      return `${schema['x-form'] ?? 'a text'}${schema.maxLength === undefined ? '' : `, at most ${schema.maxLength} characters`}${(schema.minLength ?? 0) > 0 ? ', not empty' : ''}`;
  }
}

/** `redis://user:secret@host` without what stands before the `@`. */
export function hideCredentials(text: string): string {
  return text.replace(/:\/\/[^@/\s]*@/g, '://***@');
}

function describeRange({ minimum, maximum }: SchemaNode, unit = ''): string {
  if (minimum === undefined && maximum === undefined) return '';
  if (maximum === undefined) return `, at least ${minimum}${unit}`;
  return minimum === undefined ? `, at most ${maximum}${unit}` : ` from ${minimum} to ${maximum}${unit}`;
}
