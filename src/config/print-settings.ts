import { stringify } from 'yaml';
import { isJsonObject, type JsonObject } from '../base/json.js';
import { redactText } from '../observe/redact.js';
import { configSchema } from './config-schema.js';
import { hideCredentials } from './describe-value.js';
import type { Environment } from './environment.js';
import { hideSecrets, MASK } from './hide-secrets.js';
import type { SchemaNode } from './schema-builder.js';
import { memberSchemaOf } from './secret-places.js';
import type { Settings } from './settings.js';

/** Turns one value before it is shown; the schema of its key says whether it is a secret. */
type Show = (value: string, schema: SchemaNode) => string;

/** Settings in the words of the file, everything filled in. With the default `show`, it loads to the same settings. */
export function settingsToDocument(settings: Settings, show: Show = (value) => value): Record<string, unknown> {
  const { version: _version, source: _source, builtInTools: _builtIn, ...rest } = settings;
  return { version: '2', ...(toDocument(rest, configSchema, show) as Record<string, unknown>) };
}

/** The same with secrets masked: by their key, by the variable that they come from, and by what they look like wherever else they stand. */
export function maskSettings(settings: Settings, environment: Environment): Record<string, unknown> {
  return settingsToDocument(settings, (value, schema) =>
    schema.writeOnly ? MASK : redactText(hideSecrets(hideCredentials(value), environment)),
  );
}

/** Masked settings as YAML: what `validate --print-config` shows. */
export function printSettings(settings: Settings, environment: Environment): string {
  return stringify(maskSettings(settings, environment), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Where a key of `Settings` is not simply the file's key in camel case. */
const RENAMED: Readonly<Record<string, string>> = { maxFileBytes: 'max_file_size' };

function toDocument(value: unknown, schema: SchemaNode, show: Show): unknown {
  if (Array.isArray(value)) return value.map((item) => toDocument(item, schema.items ?? {}, show));
  // A duration whose bare numbers are not milliseconds.
  if (typeof value === 'number' && schema.type === 'string') return `${value}ms`;
  if (isJsonObject(value)) {
    if (schema.type === 'string') return toInterval(value);
    const entries = Object.entries(value).filter(([, member]) => member !== undefined);
    return Object.fromEntries(
      entries.map(([key, member]) => {
        if (schema.additionalProperties) return [key, toDocument(member, memberSchemaOf(schema, key), show)];
        const name = nameOf(key, schema);
        return [name, toDocument(member, schema.properties?.[name] ?? {}, show)];
      }),
    );
  }
  return typeof value === 'string' && value !== '' ? show(value, schema) : value;
}

/** Settings carry the unit in the name, the file carries it in the value where people write one. */
function nameOf(key: string, { properties }: SchemaNode): string {
  // Inside free-form JSON names are the user's own.
  if (properties === undefined) return key;
  const name = RENAMED[key] ?? key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return name in properties ? name : name.replace(/_ms$/, '');
}

/** `storage.checkpoint.interval`: iterations or time. */
function toInterval({ iterations, ms }: JsonObject): string {
  return ms === 0 ? String(iterations) : `${String(ms)}ms`;
}
