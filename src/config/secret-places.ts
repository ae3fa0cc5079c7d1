import { isJsonObject } from '../base/json.js';
import { isSecretName } from '../observe/redact.js';
import { hideAddressSecrets } from './address-secrets.js';
import { configSchema } from './config-schema.js';
import { interpolate } from './interpolate.js';
import type { Path } from './path.js';
import type { SchemaNode } from './schema-builder.js';

/** Where secrets stand in a document of the configuration instead of in variables. */
export function findSecretPlaces(document: unknown): readonly Path[] {
  const found: Path[] = [];
  const walk = (value: unknown, schema: SchemaNode, path: Path): void => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) walk(item, schema.items ?? {}, [...path, index]);
    } else if (isJsonObject(value)) {
      for (const [key, member] of Object.entries(value))
        walk(member, schema.properties?.[key] ?? memberSchemaOf(schema, key), [...path, key]);
    } else if (isSecret(value, schema, path)) found.push(path);
  };
  // Without any variable, a reference becomes nothing: what is left is literal.
  walk(interpolate(document, {}).value, configSchema, []);
  return found;
}

/** Only a part of it is a secret. */
export function isAddress(path: Path): boolean {
  return /url$/i.test(String(path.at(-1)));
}

/** Of a map's member with this name. */
export function memberSchemaOf({ additionalProperties, 'x-secret-names': hasSecrets }: SchemaNode, name: string): SchemaNode {
  const member = additionalProperties || {};
  return hasSecrets === true && isSecretName(name) ? { ...member, writeOnly: true } : member;
}

/** An address is one when it holds one. */
function isSecret(value: unknown, schema: SchemaNode, path: Path): boolean {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  if (isAddress(path)) return hideAddressSecrets(text, '') !== text;
  return schema.writeOnly === true && text !== '';
}
