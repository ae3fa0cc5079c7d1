import { isJsonObject, type JsonValue } from '../../../base/json.js';

/** What stands at names with dots between them; a name of digits is also a place in a list. '' = the value itself. */
export function findField(value: JsonValue, path: string): JsonValue | undefined {
  if (path === '') return value;
  // A name with a dot in it goes before the way through it.
  if (isJsonObject(value) && Object.hasOwn(value, path)) return value[path];
  let current: JsonValue | undefined = value;
  for (const name of path.split('.')) {
    if (Array.isArray(current)) current = /^\d{1,9}$/.test(name) ? (current[Number(name)] as JsonValue | undefined) : undefined;
    else if (isJsonObject(current) && Object.hasOwn(current, name)) current = current[name];
    else return undefined;
  }
  return current;
}
