/**
 * A filter as Milvus's expression. Nothing in it comes from a caller as it is (W-83): names of fields are letters, digits and `_`, strings are
 * plain or hashes, and are quoted.
 */
import type { FieldCondition, FieldValue } from '../../outside/split-filter.js';

export function toMilvusFilter(conditions: readonly FieldCondition[], kind: number): string {
  return [`kind == ${kind}`, ...conditions.flatMap(toExpressions)].join(' and ');
}

export function keysIn(keys: readonly string[]): string {
  return `id in [${keys.map((key) => JSON.stringify(key)).join(', ')}]`;
}

function toExpressions(condition: FieldCondition): readonly string[] {
  const { field } = condition;
  if ('bounds' in condition)
    return Object.entries(condition.bounds).map(([bound, value]) => `${field} ${OPERATORS[bound]} ${literal(value as number)}`);
  const [first] = condition.anyOf;
  if (typeof first === 'string' && condition.anyOf.length > 1) return [`${field} in [${condition.anyOf.map(literal).join(', ')}]`];
  const each = condition.anyOf.map((value) => `${field} == ${literal(value)}`);
  return each.length === 1 ? each : [`(${each.join(' or ')})`];
}

/** Numbers in the dynamic field may be whole or not; a floating literal is compared with both. */
function literal(value: FieldValue): string {
  if (typeof value !== 'number') return JSON.stringify(value);
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

const OPERATORS: Readonly<Record<string, string>> = { gt: '>', gte: '>=', lt: '<', lte: '<=' };
