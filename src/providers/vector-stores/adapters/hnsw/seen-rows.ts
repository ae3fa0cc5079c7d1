/** Finds the row that holds the very same numbers. Equal points in a graph fill each other's links until nothing leads to the rest. */
export class SeenRows {
  readonly #rows = new Map<number, number | number[]>();
  readonly #rowAt: (row: number) => Float32Array;

  /** `rowAt` gives the vector of a row; it may be the same array every time. */
  constructor(rowAt: (row: number) => Float32Array) {
    this.#rowAt = rowAt;
  }

  add(vector: Float32Array, row: number): void {
    const key = hashOf(vector);
    const known = this.#rows.get(key);
    this.#rows.set(key, known === undefined ? row : [...[known].flat(), row]);
  }

  find(vector: Float32Array): number | undefined {
    const known = this.#rows.get(hashOf(vector));
    return known === undefined ? undefined : [known].flat().find((row) => isSame(this.#rowAt(row), vector));
  }
}

/** -0 and 0 are the same number and different bits: then equal vectors stay apart, which is no harm. */
export function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function hashOf(vector: Float32Array): number {
  const words = new Uint32Array(vector.buffer, vector.byteOffset, vector.length);
  let [high, low] = [0x811c9dc5, 0x9e3779b9];
  for (let at = 0; at < words.length; at++) {
    high = Math.imul(high ^ (words[at] as number), 0x01000193);
    low = Math.imul(low ^ (words[at] as number) ^ (high >>> 15), 0x85ebca6b);
  }
  return (high >>> 0) * 2 ** 21 + (low >>> 11);
}
