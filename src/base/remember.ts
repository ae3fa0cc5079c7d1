/**
 * What `make` makes of a key, made once: for few keys that are asked for again and again.
 *
 * @param limit so many are kept at most; beyond that all are forgotten, and made anew as they are asked for.
 * @param make the same of the same key, never `undefined`.
 */
export function remember<Key, Value>(limit: number, make: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      value = make(key);
      if (known.size >= limit) known.clear();
      known.set(key, value);
    }
    return value;
  };
}
