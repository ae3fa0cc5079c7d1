import { isJsonObject } from '../base/json.js';
import { configSchema } from './config-schema.js';
import { interpolate } from './interpolate.js';
import { formatPath, type Path } from './path.js';
import type { SchemaNode } from './schema-builder.js';

export interface LiteralSecret {
  /** Where it stands, e.g. `llms.main.api_key`. */
  readonly path: string;
  /** Name for the variable that should hold it. */
  readonly variable: string;
}

/**
 * Secrets that stand in the text of a configuration (`Settings.source`) instead of in a variable. That text is stored with every run
 * that is pinned to it (R12), so it should hold none (CLI-48, SEC-17).
 */
export function findLiteralSecrets(source: string): readonly LiteralSecret[] {
  const found: LiteralSecret[] = [];
  const walk = (value: unknown, schema: SchemaNode, path: Path): void => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) walk(item, schema.items ?? {}, [...path, index]);
    } else if (isJsonObject(value)) {
      for (const [key, member] of Object.entries(value))
        walk(member, schema.properties?.[key] ?? (schema.additionalProperties || {}), [...path, key]);
    } else if (isSecret(value, schema, path)) found.push({ path: formatPath(path), variable: toVariable(path) });
  };
  // Without any variable, a reference becomes nothing: what is left is literal.
  walk(interpolate(JSON.parse(source), {}).value, configSchema, []);
  return found;
}

/** One line per secret, for people. */
export function describeLiteralSecret({ path, variable }: LiteralSecret): string {
  return `${path}: the secret is written out, and this text is stored with every run; write \${${variable}} and set that variable`;
}

/** An address is one when it holds a password. */
function isSecret(value: unknown, schema: SchemaNode, path: Path): boolean {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  if (String(path.at(-1)).endsWith('url')) return /:\/\/[^:@/\s]*:[^@/\s]+@/.test(text);
  return schema.writeOnly === true && text !== '';
}

function toVariable(path: Path): string {
  return path.join('_').replaceAll(/\W/g, '_').toUpperCase();
}
