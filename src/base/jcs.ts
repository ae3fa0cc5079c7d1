import { AppError } from './errors.js';
import { isJsonObject } from './json.js';

/**
 * JSON Canonicalization Scheme (RFC 8785): members in the order of their names' UTF-16 code units at every depth, numbers and
 * strings as ECMAScript writes them, no white space. Members that are `undefined` do not exist.
 *
 * @throws AppError for what I-JSON does not know: NaN, infinities, lone surrogates.
 */
export function canonicalizeJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalizeJson).join(',')}]`;
  if (isJsonObject(value)) {
    // Written out member by member: an object rebuilt in this order would move integer-like names to the front again.
    const names = Object.keys(value)
      .filter((name) => value[name] !== undefined)
      .sort();
    return `{${names.map((name) => `${canonicalizeText(name)}:${canonicalizeJson(value[name])}`).join(',')}}`;
  }
  if (typeof value === 'string') return canonicalizeText(value);
  if (typeof value === 'number' && !Number.isFinite(value)) throw refusal(`${value} is no JSON number`);
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return JSON.stringify(value);
  throw refusal(`a ${typeof value} is no JSON value`);
}

function canonicalizeText(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw refusal('a text holds half of a surrogate pair');
  return JSON.stringify(text);
}

function refusal(reason: string): AppError {
  return new AppError('INTERNAL', { message: `This cannot be brought into canonical form (RFC 8785): ${reason}` });
}
