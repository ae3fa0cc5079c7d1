/** A service's vectors → checked ones of unit length. What is not exactly as expected gets into no index. */
import { endianness } from 'node:os';
import { AppError } from '../../base/errors.js';

/** @throws AppError `EMBEDDER_BAD_RESPONSE` for a wrong count, mixed lengths, what is no number, and a vector without direction. */
export function checkVectors(answer: unknown, count: number, where: string): readonly Float32Array[] {
  if (!Array.isArray(answer)) throw bad(where, 'no list of vectors');
  if (answer.length !== count) throw bad(where, `${answer.length} vectors for ${count} texts`);
  const vectors = answer.map((vector, index) => toVector(vector, `${where}, vector ${index}`));
  const length = vectors[0]?.length;
  const other = vectors.find((vector) => vector.length !== length);
  if (other !== undefined) throw bad(where, `vectors of ${length} and of ${other.length} numbers together`);
  for (const [index, vector] of vectors.entries()) toUnitLength(vector, `${where}, vector ${index}`);
  return vectors;
}

function toVector(value: unknown, where: string): Float32Array {
  if (typeof value === 'string') return decodeBase64(value, where);
  if (!Array.isArray(value) || value.length === 0) throw bad(where, 'no numbers');
  return Float32Array.from(value as readonly unknown[], (number) => (typeof number === 'number' ? number : Number.NaN));
}

function decodeBase64(text: string, where: string): Float32Array {
  // Copied: a small buffer lies at any offset of shared memory.
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  if (bytes.length === 0 || bytes.length % 4 !== 0) throw bad(where, `${bytes.length} bytes, which are no 32-bit floats`);
  if (endianness() !== 'LE') Buffer.from(bytes.buffer).swap32();
  return new Float32Array(bytes.buffer);
}

function toUnitLength(vector: Float32Array, where: string): void {
  let sum = 0;
  for (const number of vector) sum += number * number;
  if (!Number.isFinite(sum)) throw bad(where, 'something that is not a finite number');
  if (sum === 0) throw bad(where, 'only zeros, which point nowhere');
  const scale = 1 / Math.sqrt(sum);
  // What is of unit length but for rounding stays bit for bit.
  if (Math.abs(scale - 1) < 1e-6) return;
  for (let at = 0; at < vector.length; at++) vector[at] = (vector[at] as number) * scale;
}

function bad(where: string, what: string): AppError {
  return new AppError('EMBEDDER_BAD_RESPONSE', { message: `${where} gave ${what}` });
}
