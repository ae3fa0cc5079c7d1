import { isJsonObject, type JsonObject, type JsonValue } from '../../../../base/json.js';
import type { OutputSchema } from '../../contract.js';

/** `structured_output` as OpenAI's `json_schema` format (LLM-12). Strict mode knows closed objects only, all of whose members are required. */
export function toJsonSchemaFormat({ name, schema, strict }: OutputSchema) {
  const closed = closeObjects(schema) as JsonObject;
  const isStrict = strict && requiresAll(closed);
  return {
    name: name.replace(/[^\w-]/g, '_').slice(0, 64),
    schema: (isStrict ? closed : schema) as Record<string, unknown>,
    strict: isStrict,
  };
}

/** `additionalProperties: false` where nothing is said; what fits then fits the original too. */
function closeObjects(value: JsonValue | undefined): JsonValue {
  if (Array.isArray(value)) return value.map(closeObjects);
  if (!isJsonObject(value)) return value ?? null;
  const members = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, LITERALS.has(key) ? inner : closeObjects(inner)]));
  const isObjectSchema = value['type'] === 'object' && isJsonObject(value['properties']) && value['additionalProperties'] === undefined;
  return isObjectSchema ? { ...members, additionalProperties: false } : members;
}

function requiresAll(value: JsonValue | undefined): boolean {
  if (Array.isArray(value)) return value.every(requiresAll);
  if (!isJsonObject(value)) return true;
  const { type, properties, required, additionalProperties } = value;
  if (type === 'object') {
    if (additionalProperties !== false || !isJsonObject(properties) || !Array.isArray(required)) return false;
    if (!Object.keys(properties).every((key) => required.includes(key))) return false;
  }
  return Object.entries(value).every(([key, inner]) => LITERALS.has(key) || requiresAll(inner));
}

/** Keywords whose values are data, not schemas. */
const LITERALS: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples', 'required']);
