/** A filter as models, API clients and people write it. */
import { isJsonObject, type JsonObject } from './json.js';
import type { MetadataFilter } from './metadata.js';

export type FilterReading =
  | { readonly type: 'filter'; readonly filter: MetadataFilter }
  | { readonly type: 'invalid'; readonly path: string; readonly problem: string };

/** Every condition has its own meaning or is refused: one that were left out would show what it was to hide. */
export function readMetadataFilter(value: unknown): FilterReading {
  if (!isJsonObject(value)) return invalid('', `must be an object such as ${EXAMPLE}`);
  const entries = Object.entries(value);
  if (entries.length > MAX_KEYS) return invalid('', `must have at most ${MAX_KEYS} conditions, not ${entries.length}`);
  for (const [key, condition] of entries) {
    if (key === '' || key.length > MAX_TEXT || key === '__proto__') return invalid('', `a key has 1 to ${MAX_TEXT} characters`);
    const problem = findProblem(condition);
    if (problem !== undefined) return invalid(key, problem);
  }
  return { type: 'filter', filter: value as MetadataFilter };
}

function findProblem(condition: unknown): string | undefined {
  if (isValue(condition)) return undefined;
  if (Array.isArray(condition)) {
    const isShort = condition.length >= 1 && condition.length <= MAX_VALUES;
    return isShort && condition.every(isValue) ? undefined : `a list must have 1 to ${MAX_VALUES} texts, numbers, true or false`;
  }
  if (!isJsonObject(condition)) return `must be a text, a number, true or false, a list of them, or bounds such as ${BOUNDS_EXAMPLE}`;
  return findBoundsProblem(condition);
}

function findBoundsProblem(bounds: JsonObject): string | undefined {
  const entries = Object.entries(bounds);
  const isFine =
    entries.length > 0 && entries.every(([name, value]) => BOUNDS.includes(name) && isValue(value) && typeof value !== 'boolean');
  return isFine ? undefined : `bounds are ${BOUNDS.join(', ')} with numbers or texts, such as ${BOUNDS_EXAMPLE}`;
}

function isValue(value: unknown): boolean {
  return (
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isFinite(value)) ||
    (typeof value === 'string' && value.length <= MAX_TEXT)
  );
}

function invalid(path: string, problem: string): FilterReading {
  return { type: 'invalid', path, problem };
}

const BOUNDS = ['gt', 'gte', 'lt', 'lte'];
const MAX_KEYS = 20;
const MAX_VALUES = 100;
const MAX_TEXT = 1_000;
const EXAMPLE = '{"department": "sales"}';
const BOUNDS_EXAMPLE = '{"gte": 2024}';
