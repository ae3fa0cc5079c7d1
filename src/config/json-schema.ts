import { configSchema } from './config-schema.js';
import { DURATION_PATTERN } from './duration.js';
import type { SchemaNode } from './schema-builder.js';

/** A value that holds a variable fits everywhere: what it becomes is checked when Hector starts. */
const VARIABLE = { type: 'string', pattern: '\\$\\{.+\\}|^\\$[A-Za-z_][A-Za-z0-9_]*$' } as const;

const EXAMPLE = {
  version: '2',
  llms: { default: { provider: 'openai', model: 'gpt-4o', api_key: '${OPENAI_API_KEY}' } },
  document_stores: { handbook: { source: { type: 'directory', path: './docs' }, search: { top_k: 5 } } },
  agents: { assistant: { llm: 'default', instruction: 'Answer from the handbook.', document_stores: ['handbook'], include_context: true } },
  server: { port: 8080 },
};

/** JSON Schema, draft-07, of what may stand in a configuration file (CLI-06, CLI-07): everything inlined. */
export function buildJsonSchema(): Readonly<Record<string, unknown>> {
  const { description: _description, ...root } = publish(configSchema) as Record<string, unknown>;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://hector.dev/schemas/config.json',
    title: 'Hector Configuration Schema',
    description: 'Configuration of Hector v2: agents, models, document stores and the server they run in.',
    ...root,
    examples: [EXAMPLE],
  };
}

/** The schema of what is written, from the schema of what it becomes: variables, weak typing (CFG-05), nothing required that has a default. */
function publish(schema: SchemaNode): unknown {
  const {
    description,
    default: fallback,
    'x-duration': isDuration,
    'x-aliases': aliases,
    'x-form': _form,
    'x-words': words,
    'x-secret-names': _names,
    writeOnly: _secret,
    ...rest
  } = schema;
  const notes = { ...(description === undefined ? {} : { description }), ...(fallback === undefined ? {} : { default: fallback }) };
  switch (schema.type) {
    case 'object':
      return { ...notes, ...publishObject(rest) };
    case 'array':
      return {
        ...notes,
        anyOf: [
          { ...rest, items: publish(schema.items ?? {}) },
          { type: 'string', description: 'The same, separated by commas.' },
        ],
      };
    case 'integer':
    case 'number':
      return {
        ...notes,
        anyOf: [
          rest,
          ...(words === undefined ? [] : [{ enum: Object.keys(words) }]),
          { type: 'string', pattern: isDuration ? DURATION_PATTERN : '^[+-]?[0-9.]+$' },
          VARIABLE,
        ],
      };
    case 'boolean':
      return { ...notes, anyOf: [rest, { enum: ['true', 'false', 'yes', 'no', 'on', 'off'] }, VARIABLE] };
    case undefined:
      return notes;
    default:
      return { ...notes, ...publishText(rest, aliases) };
  }
}

function publishText(rest: SchemaNode, aliases: SchemaNode['x-aliases']): object {
  if (rest.enum !== undefined) {
    const values = [...rest.enum, ...Object.keys(aliases ?? {})];
    const numbers = values.filter((value) => value !== '' && Number.isFinite(Number(value))).map(Number);
    return { anyOf: [{ enum: [...values, ...numbers] }, VARIABLE] };
  }
  if (rest.pattern !== undefined) return { anyOf: [rest, VARIABLE] };
  return { ...rest, type: ['string', 'number', 'boolean'] };
}

function publishObject(rest: Omit<SchemaNode, 'description'>): object {
  const { properties, required, additionalProperties, propertyNames, ...others } = rest;
  const { 'x-form': _form, ...names } = propertyNames ?? {};
  const wanted = (required ?? []).filter((key) => properties?.[key]?.default === undefined && key !== 'provider');
  return {
    ...others,
    // `llms:` with nothing behind it reads as null.
    type: ['object', 'null'],
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, publish(inner)])) }),
    ...(wanted.length === 0 ? {} : { required: wanted }),
    ...(propertyNames === undefined ? {} : { propertyNames: names }),
    additionalProperties: additionalProperties === false || additionalProperties === undefined ? false : publish(additionalProperties),
  };
}
