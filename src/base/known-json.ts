/**
 * JSON of values that are written out again and again.
 *
 * Owns: the texts, as long as their values live. A value with a known text never changes.
 */
const texts = new WeakMap<object, string | (() => string)>();

/** @param text of the whole value, or what makes it when it is first wanted. */
export function rememberJson<T extends object>(value: T, text: string | (() => string)): T {
  texts.set(value, text);
  return value;
}

/** As `JSON.stringify`. */
export function jsonOf(value: unknown): string {
  const known = typeof value === 'object' && value !== null ? texts.get(value) : undefined;
  if (known === undefined) return JSON.stringify(value);
  return typeof known === 'string' ? known : known();
}
