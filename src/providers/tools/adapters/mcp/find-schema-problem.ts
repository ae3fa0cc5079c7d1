import type { Ajv } from 'ajv';
import { isJsonObject, type JsonObject } from '../../../../base/json.js';
import { createAjv } from '../../../../config/create-ajv.js';
import { MAX_SCHEMA_BYTES, MAX_SCHEMA_DEPTH } from './limits.js';

/** Why a schema of a server's cannot be handed to a model or checked with, in words that follow "its schema"; `undefined` = it can. */
export function findSchemaProblem(schema: JsonObject): string | undefined {
  if (schema['type'] !== undefined && schema['type'] !== 'object') return "is not of type 'object'";
  const shape = findShapeProblem(schema, 1);
  if (shape !== undefined) return shape;
  if (Buffer.byteLength(JSON.stringify(schema)) > MAX_SCHEMA_BYTES) return `has more than ${MAX_SCHEMA_BYTES} bytes`;
  const { $schema, ...rest } = schema;
  const ajv = getValidator(String($schema));
  return ajv.validateSchema(rest) === true ? undefined : `is no valid JSON Schema: ${ajv.errorsText(ajv.errors?.slice(0, 2) ?? null)}`;
}

function findShapeProblem(value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_SCHEMA_DEPTH) return `is nested more than ${MAX_SCHEMA_DEPTH} deep`;
  const reference = isJsonObject(value) ? value['$ref'] : undefined;
  // Nothing is fetched for a schema, and nobody else would resolve it.
  if (typeof reference === 'string' && !reference.startsWith('#')) return `refers to another document ('${reference.slice(0, 80)}')`;
  for (const member of Object.values(value)) {
    const problem = findShapeProblem(member, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Made once: what is dear is the schema of schemas. */
function getValidator(dialect: string): Ajv {
  const key = dialect.includes('2020-12') ? '2020' : '7';
  let ajv = validators.get(key);
  if (ajv === undefined) {
    ajv = createAjv(dialect, { strict: false, validateFormats: false, logger: false });
    validators.set(key, ajv);
  }
  return ajv;
}

const validators = new Map<string, Ajv>();
