/** Parts of a service's answer, which may be anything. @throws AppError `VECTOR_STORE_BAD_RESPONSE` */
import { AppError } from '../../../base/errors.js';
import { isJsonObject, type JsonObject } from '../../../base/json.js';

export function objectIn(value: unknown, ...path: readonly string[]): JsonObject {
  const found = valueIn(value, path);
  if (!isJsonObject(found)) throw unexpected(path);
  return found;
}

export function listIn(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = valueIn(value, path);
  if (!Array.isArray(found)) throw unexpected(path);
  return found;
}

/** Numbers of 64 bits may come as text. */
export function numberIn(value: unknown, ...path: readonly string[]): number {
  const found = valueIn(value, path);
  const number = typeof found === 'string' && found !== '' ? Number(found) : found;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw unexpected(path);
  return number;
}

export function textIn(value: unknown, ...path: readonly string[]): string {
  const found = valueIn(value, path);
  if (typeof found !== 'string') throw unexpected(path);
  return found;
}

export function findText(value: unknown, ...path: readonly string[]): string | undefined {
  const found = valueIn(value, path);
  return typeof found === 'string' ? found : undefined;
}

function valueIn(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((current, key) => (isJsonObject(current) ? current[key] : undefined), value);
}

function unexpected(path: readonly string[]): AppError {
  return new AppError('VECTOR_STORE_BAD_RESPONSE', { message: `The vector store's answer has no usable '${path.join('.') || 'body'}'` });
}
