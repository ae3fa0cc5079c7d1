/** Parts of a request, which are there and of their kind, or the request is refused. */
import { Refusal } from './vector-peer.js';

export type Shape = Readonly<Record<string, unknown>>;

/** An object with these keys and no others; those with `?` may be absent. */
export function shape(value: unknown, what: string, ...keys: readonly string[]): Shape {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refusal(400, `${what}: expected an object`);
  const known = new Set(keys.map((key) => key.replace('?', '')));
  for (const key of Object.keys(value)) if (!known.has(key)) throw new Refusal(400, `${what}: unknown field \`${key}\``);
  for (const key of keys)
    if (!key.endsWith('?') && (value as Shape)[key] === undefined) throw new Refusal(400, `${what}: missing field \`${key}\``);
  return value as Shape;
}

export function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Refusal(400, `${what}: expected a list`);
  return value;
}

export function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new Refusal(400, `${what}: expected a string`);
  return value;
}

export function whole(value: unknown, what: string, least: number, most: number): number {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
    throw new Refusal(400, `${what}: expected a whole number from ${least} to ${most}, got ${String(value)}`);
  return value as number;
}

export function vectorOf(value: unknown, what: string): readonly number[] {
  const numbers = list(value, what);
  if (numbers.some((each) => typeof each !== 'number')) throw new Refusal(400, `${what}: expected numbers`);
  return numbers as readonly number[];
}

export function uuid(value: unknown, what: string): string {
  if (typeof value !== 'string' || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value))
    throw new Refusal(400, `${what}: ${String(value)} is not a valid UUID`);
  return value;
}

export function scalar(value: unknown, what: string): string | number | boolean {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') throw new Refusal(400, `${what}: not a scalar`);
  return value;
}
