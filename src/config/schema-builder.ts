/**
 * Builders of configuration schemas: JSON Schema objects that carry TypeBox types.
 *
 * Only TypeBox's types are used: the values are plain JSON Schema, which `find-misfits.ts` reads as it is, so that nobody
 * pays for loading TypeBox's runtime (about 50 ms). A keyword that is new here is new there. A key with a `default` is present after the defaults stage;
 * that is why it is not optional in the inferred type, although nobody has to write it.
 */
import type {
  Static,
  TArray,
  TBoolean,
  TInteger,
  TNumber,
  TObject,
  TOptional,
  TProperties,
  TSchema,
  TString,
  TUnsafe,
} from '@sinclair/typebox';
import type { JsonObject } from '../base/json.js';

export type { Static } from '@sinclair/typebox';

/** What the stages read of a schema. */
export interface SchemaNode {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly items?: SchemaNode;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  /** `false` for a fixed set of keys, a schema for a map of named things, an empty one for free-form JSON. */
  readonly additionalProperties?: false | SchemaNode;
  readonly propertyNames?: SchemaNode;
  /** A secret: its value is never shown. */
  readonly writeOnly?: boolean;
  /** Milliseconds that may be written as `1s`, `500ms`, `2m30s`. */
  readonly 'x-duration'?: true;
  /** Other spellings of enum values. */
  readonly 'x-aliases'?: Readonly<Record<string, string>>;
  /** The form that `pattern` checks, in words. */
  readonly 'x-form'?: string;
  /** Words that may be written for a number. */
  readonly 'x-words'?: Readonly<Record<string, number>>;
  /** Of a map: members with a name such as TOKEN or API_KEY are secrets, others are not. */
  readonly 'x-secret-names'?: true;
}

const OPTIONAL = Symbol('optional');

interface TextOptions {
  readonly default?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly 'x-form'?: string;
  readonly writeOnly?: true;
}

interface NumberOptions {
  readonly default?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly 'x-words'?: Readonly<Record<string, number>>;
}

export function text(description: string, options: TextOptions = {}): TString {
  return node<TString>({ type: 'string', description, ...options });
}

export function integer(description: string, options: NumberOptions = {}): TInteger {
  return node<TInteger>({ type: 'integer', description, ...options });
}

export function number(description: string, options: NumberOptions = {}): TNumber {
  return node<TNumber>({ type: 'number', description, ...options });
}

export function flag(description: string, options: { readonly default?: boolean } = {}): TBoolean {
  return node<TBoolean>({ type: 'boolean', description, ...options });
}

/** Milliseconds; text such as `2m30s` is accepted. */
export function duration(description: string, options: NumberOptions = {}): TInteger {
  return node<TInteger>({ type: 'integer', description, minimum: 0, ...options, 'x-duration': true });
}

export function choice<const V extends string>(
  values: readonly V[],
  description: string,
  options: { readonly default?: V; readonly 'x-aliases'?: Readonly<Record<string, V>> } = {},
): TUnsafe<V> {
  return node<TUnsafe<V>>({ type: 'string', enum: values, description, ...options });
}

export function list<T extends TSchema>(
  items: T,
  description: string,
  options: { readonly default?: readonly Static<T>[]; readonly minItems?: number } = {},
): TArray<T> {
  return node<TArray<T>>({ type: 'array', items: items as unknown as SchemaNode, description, ...options });
}

/** A fixed set of keys that must be written. */
export function object<P extends TProperties>(properties: P, description: string): TObject<P> {
  const required = Object.keys(properties).filter((key) => !isOptional(properties[key] as TSchema));
  return node<TObject<P>>({
    type: 'object',
    description,
    properties: properties as unknown as Record<string, SchemaNode>,
    required,
    additionalProperties: false,
  });
}

/** A fixed set of keys that may be left out as a whole: every member has a default or is optional. */
export function section<P extends TProperties>(properties: P, description: string): TObject<P> {
  return node<TObject<P>>({ ...(object(properties, description) as unknown as SchemaNode), default: {} });
}

/** A map whose keys are names that the user chooses. */
export function named<T extends TSchema>(schema: T, description: string, names: SchemaNode = NAMES): TUnsafe<Record<string, Static<T>>> {
  return node({ type: 'object', description, default: {}, additionalProperties: schema as unknown as SchemaNode, propertyNames: names });
}

/** Variables of a program: those that are named like secrets are secrets. */
export function variables(description: string): TUnsafe<Record<string, string>> {
  const map = named(text('Value.'), description) as unknown as SchemaNode;
  return node({ ...map, 'x-secret-names': true });
}

/** Any mapping; nothing in it is checked, changed or renamed. */
export function freeForm(description: string): TUnsafe<JsonObject> {
  return node({ type: 'object', description, additionalProperties: {} });
}

/** Marks a key that may be left out and has no default then, whatever its schema has elsewhere. */
export function optional<T extends TSchema>(schema: T): TOptional<T> {
  const { default: _, ...rest } = schema as unknown as SchemaNode;
  return { ...rest, [OPTIONAL]: true } as unknown as TOptional<T>;
}

function isOptional(schema: TSchema): boolean {
  return (schema as unknown as { readonly [OPTIONAL]?: true })[OPTIONAL] === true;
}

function node<T>(value: SchemaNode): T {
  return value as unknown as T;
}

const NAMES: SchemaNode = {
  type: 'string',
  pattern: '^[a-zA-Z_][a-zA-Z0-9_.-]*$',
  maxLength: 64,
  'x-form': 'a letter or underscore, then letters, digits, _ . or -, at most 64 characters',
};
