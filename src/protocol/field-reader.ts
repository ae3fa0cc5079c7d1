/**
 * Reads one JSON object field by field by the rules of ProtoJSON input (D5, D6): `camelCase` and `snake_case`
 * names, `null` = unset, enums by name or number, integers as numbers or decimal text. Unknown fields are never
 * looked at. Every violation is collected with its path (E6); reading goes on after one.
 */
import { AppError, type FieldProblem } from '../base/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../base/json.js';

/** Longest id (message, task, context, tenant), characters. */
export const MAX_ID_LENGTH = 512;
/** Deepest nesting of free-form JSON (`metadata`, `data`). */
export const MAX_JSON_DEPTH = 100;
/** Most problems that one answer lists; reading stops counting there. */
const MAX_PROBLEMS = 50;
/** Longest list of short texts (extensions, media types, referenced tasks). */
const MAX_LIST_LENGTH = 256;
const MAX_INT32 = 2 ** 31 - 1;

export class Problems {
  readonly list: FieldProblem[] = [];

  add(field: string, description: string): void {
    if (this.list.length < MAX_PROBLEMS) this.list.push({ field, description });
  }

  /** Throws `PARAMS_INVALID` with everything found, if anything was. */
  throwIfAny(): void {
    const [first] = this.list;
    if (first === undefined) return;
    const more = this.list.length > 1 ? ` (and ${this.list.length - 1} more)` : '';
    throw new AppError('PARAMS_INVALID', {
      message: `Invalid parameters: ${first.field}: ${first.description}${more}`,
      problems: this.list,
    });
  }
}

export class FieldReader {
  readonly #source: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #problems: Problems;

  constructor(source: Readonly<Record<string, unknown>>, path: string, problems: Problems) {
    this.#source = source;
    this.#path = path;
    this.#problems = problems;
  }

  /** Path of a field as the client should look for it. */
  at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  problem(name: string, description: string): void {
    this.#problems.add(this.at(name), description);
  }

  /** The value under either spelling; `undefined` for absent and for `null`. */
  value(name: string): unknown {
    return this.#source[name] ?? this.#source[snakeCase(name)] ?? undefined;
  }

  /** True when the field is there at all, be it `null`. */
  has(name: string): boolean {
    return Object.hasOwn(this.#source, name) || Object.hasOwn(this.#source, snakeCase(name));
  }

  text(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === 'string') return value;
    this.problem(name, `must be a string, not ${kindOf(value)}`);
    return undefined;
  }

  /** A string where '' means unset, as in proto3. */
  optionalText(name: string, maxLength = MAX_ID_LENGTH): string | undefined {
    const value = this.text(name);
    if (value === undefined || value === '') return undefined;
    if (value.length > maxLength) {
      this.problem(name, `must have at most ${maxLength} characters, not ${value.length}`);
      return undefined;
    }
    // What no database stores as it is.
    if (/[\0\p{Surrogate}]/u.test(value)) {
      this.problem(name, 'must be well-formed Unicode without NUL characters');
      return undefined;
    }
    return value;
  }

  requiredId(name: string, hint: string): string {
    const before = this.#problems.list.length;
    const value = this.optionalText(name);
    if (value === undefined && this.#problems.list.length === before) this.problem(name, hint);
    return value ?? '';
  }

  boolean(name: string): boolean | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === 'boolean') return value;
    this.problem(name, `must be true or false, not ${kindOf(value)}`);
    return undefined;
  }

  /** int32, not negative; by default any. */
  count(name: string, { min = 0, max = MAX_INT32 } = {}): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : value;
    if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) return number;
    this.problem(
      name,
      `must be an integer from ${min} to ${max}, not ${typeof value === 'object' ? kindOf(value) : JSON.stringify(value).slice(0, 40)}`,
    );
    return undefined;
  }

  /** A nested message. */
  object(name: string): FieldReader | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (isJsonObject(value)) return new FieldReader(value, this.at(name), this.#problems);
    this.problem(name, `must be an object, not ${kindOf(value)}`);
    return undefined;
  }

  list(name: string): readonly unknown[] | undefined {
    const value = this.value(name);
    if (value === undefined || Array.isArray(value)) return value;
    this.problem(name, `must be an array, not ${kindOf(value)}`);
    return undefined;
  }

  texts(name: string): readonly string[] | undefined {
    const list = this.list(name);
    if (list === undefined || list.length === 0) return undefined;
    if (list.length > MAX_LIST_LENGTH) {
      this.problem(name, `must have at most ${MAX_LIST_LENGTH} entries, not ${list.length}`);
      return undefined;
    }
    list.forEach((entry, index) => {
      if (typeof entry !== 'string') this.problem(`${name}[${index}]`, `must be a string, not ${kindOf(entry)}`);
      else if (entry.length > MAX_ID_LENGTH) this.problem(`${name}[${index}]`, `must have at most ${MAX_ID_LENGTH} characters`);
    });
    return list as readonly string[];
  }

  /** A `Struct` (D9): any object. */
  struct(name: string): JsonObject | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (!isJsonObject(value)) {
      this.problem(name, `must be an object, not ${kindOf(value)}`);
      return undefined;
    }
    return this.#isHarmless(value, name) ? value : undefined;
  }

  /** A `Value`: any JSON, `null` included. Call only when the field is there. */
  anyJson(name: string): JsonValue {
    const value = (this.#source[name] ?? this.#source[snakeCase(name)] ?? null) as JsonValue;
    return this.#isHarmless(value, name) ? value : null;
  }

  #isHarmless(value: JsonValue, name: string): boolean {
    const fault = findFault(value, 1);
    if (fault !== undefined) this.problem(name, fault);
    return fault === undefined;
  }
}

/**
 * Free-form JSON travels on as it is, so what could hurt later stops here: nesting that breaks recursive code,
 * and the key `__proto__`, which a careless merge would take for a prototype.
 */
function findFault(value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_JSON_DEPTH) return `must not be nested deeper than ${MAX_JSON_DEPTH} levels`;
  if (Array.isArray(value)) {
    for (const entry of value) {
      const fault = findFault(entry, depth + 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return "must not hold the key '__proto__'";
    const fault = findFault((value as Record<string, unknown>)[key], depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Filled with the few field names of the protocol, never with what clients send. */
const snakeNames = new Map<string, string>();

function snakeCase(name: string): string {
  let snake = snakeNames.get(name);
  if (snake === undefined) {
    snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    snakeNames.set(name, snake);
  }
  return snake;
}
