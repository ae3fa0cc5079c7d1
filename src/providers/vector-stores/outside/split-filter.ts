/**
 * What of metadata and of a filter every service can do by itself: equality, lists of one kind, bounds of numbers.
 *
 * A field's name tells the kind of its values, so that no service has to compare kinds; a string is itself when it is short and plain, else a
 * hash, so that no service cuts, trims, splits or misreads it. What is left of a filter is asked of the metadata that comes back.
 */
import { createHash } from 'node:crypto';
import type { Metadata, MetadataCondition, MetadataFilter, MetadataValue } from '../../../base/metadata.js';

export type FieldValue = string | number | boolean;

export type FieldCondition =
  /** Equal to one of them; all of one kind, and at least one. */
  { readonly field: string; readonly anyOf: readonly FieldValue[] } | { readonly field: string; readonly bounds: NumberBounds };

/** At least one is given. */
export interface NumberBounds {
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
}

export interface SplitFilter {
  /** What matches the filter fulfils these. */
  readonly conditions: readonly FieldCondition[];
  /** What fulfils these matches the filter. */
  readonly isExact: boolean;
  /** Nothing matches it. */
  readonly isEmpty: boolean;
}

export function toFields(metadata: Metadata): Record<string, FieldValue> {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [fieldOf(key, value), toFieldValue(value)]));
}

export function splitFilter(filter: MetadataFilter): SplitFilter {
  const parts = Object.entries(filter).map(([key, condition]) => toConditions(key, condition));
  return {
    conditions: parts.flatMap((part) => (part === 'elsewhere' || part === 'never' ? [] : [part])),
    isExact: !parts.includes('elsewhere'),
    isEmpty: parts.includes('never'),
  };
}

function toConditions(key: string, condition: MetadataCondition): FieldCondition | 'elsewhere' | 'never' {
  if (typeof condition !== 'object') return { field: fieldOf(key, condition), anyOf: [toFieldValue(condition)] };
  if (isList(condition)) {
    const [first] = condition;
    if (first === undefined) return 'never';
    if (condition.length > MAX_VALUES || condition.some((value) => typeof value !== typeof first)) return 'elsewhere';
    return { field: fieldOf(key, first), anyOf: [...new Set(condition.map(toFieldValue))] };
  }
  const bounds = Object.entries(condition).filter(([, bound]) => bound !== undefined);
  if (bounds.length === 0 || bounds.some(([, bound]) => typeof bound !== 'number')) return 'elsewhere';
  return { field: fieldOf(key, 0), bounds: Object.fromEntries(bounds) };
}

function fieldOf(key: string, value: MetadataValue): string {
  const kind = typeof value === 'string' ? 's' : typeof value === 'number' ? 'n' : 'b';
  return PLAIN_KEY.test(key) ? `${kind}_${key}` : `${kind}x_${hash(key, 'hex')}`;
}

function toFieldValue(value: MetadataValue): FieldValue {
  return typeof value !== 'string' || PLAIN_TEXT.test(value) ? value : `#${hash(value, 'base64url')}`;
}

function hash(text: string, encoding: 'hex' | 'base64url'): string {
  return createHash('sha256').update(text).digest(encoding).slice(0, 32);
}

function isList(condition: MetadataCondition): condition is readonly MetadataValue[] {
  return Array.isArray(condition);
}

const PLAIN_KEY = /^[A-Za-z0-9_]{1,48}$/;
/** Without what marks a hash. */
const PLAIN_TEXT = /^[A-Za-z0-9_./:@-]{1,100}$/;
const MAX_VALUES = 200;
