import { isJsonObject, type JsonObject } from '../base/json.js';

/** `overrides` laid over `document`: mappings are merged at every depth, anything else is replaced. */
export function mergeDocuments(document: JsonObject, overrides: JsonObject): JsonObject {
  const merged = new Map(Object.entries(document));
  for (const [key, value] of Object.entries(overrides)) {
    const current = merged.get(key);
    merged.set(key, isJsonObject(current) && isJsonObject(value) ? mergeDocuments(current, value) : value);
  }
  return Object.fromEntries(merged);
}
