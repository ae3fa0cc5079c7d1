/** Texts in data (GRD-07, GRD-08): keys, values, and numbers that are those of a card. */
import { isJsonObject, type JsonValue } from '../../base/json.js';

/** @param keep keys whose values are left alone; not those of arguments, which are a model's. */
export function mapTexts(value: JsonValue, change: (text: string) => string, keep: ReadonlySet<string> = NONE, depth = 0): JsonValue {
  if (depth > MAX_DEPTH) return WITHHELD;
  if (typeof value === 'string') return change(value);
  if (typeof value === 'number') {
    const changed = Number.isSafeInteger(value) && Math.abs(value) > LEAST ? change(String(value)) : String(value);
    return changed === String(value) ? value : changed;
  }
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, keep, depth + 1));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, member]): [string, JsonValue | undefined] => {
    if (keep.has(key) || member === undefined) return [key, member];
    return [change(key), mapTexts(member, change, key === 'arguments' ? NONE : keep, depth + 1)];
  });
  const taken = new Set<string>();
  return Object.fromEntries(
    entries.map(([key, member]) => {
      let own = key;
      // Two keys that are redacted to the same are two all the same.
      for (let copy = 2; taken.has(own); copy += 1) own = `${key} (${copy})`;
      taken.add(own);
      return [own, member];
    }),
  ) as JsonValue;
}

/** Of a file whose bytes are a text. */
export function isTextType(mediaType: string): boolean {
  return TEXT_TYPE.test(mediaType);
}

/** In place of what a rule blocks where the answer stands without it. */
export const WITHHELD = '[WITHHELD]';

const TEXT_TYPE = /^(?:text\/|application\/(?:json|xml|yaml|x-yaml|javascript)|image\/svg)/i;
const NONE: ReadonlySet<string> = new Set();
/** Nobody reads what is nested deeper. */
const MAX_DEPTH = 200;
/** Fewer digits are no number of a card. */
const LEAST = 1e12;
