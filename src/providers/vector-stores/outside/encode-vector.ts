/** JSON of a vector: nine digits are all that a float of 32 bits has, half of what its double would be written with. */
export function encodeVector(vector: Float32Array): string {
  return `[${Array.from(vector, (value) => (Number.isInteger(value) ? String(value) : value.toPrecision(9))).join(',')}]`;
}
