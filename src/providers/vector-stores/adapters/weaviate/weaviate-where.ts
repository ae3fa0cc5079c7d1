/** A filter as Weaviate's `where`: in JSON for REST, in GraphQL's own notation for searches. Every entry has `hector_id`, the record has not. */
import { isJsonObject } from '../../../../base/json.js';
import type { FieldCondition, FieldValue } from '../../outside/split-filter.js';

type Form = 'rest' | 'graphql';

export function toWhere(conditions: readonly FieldCondition[], form: Form): Record<string, unknown> {
  const operands = conditions.flatMap((condition) => toOperands(condition, form));
  if (operands.length === 0) return { path: ['hector_id'], operator: 'Like', valueText: '*' };
  return operands.length === 1 ? (operands[0] as Record<string, unknown>) : { operator: 'And', operands };
}

/** Keys and operators stand without quotation marks in GraphQL. */
export function toGraphql(where: unknown, key = ''): string {
  if (Array.isArray(where)) return `[${where.map((each) => toGraphql(each)).join(', ')}]`;
  if (isJsonObject(where))
    return `{ ${Object.entries(where)
      .map(([name, value]) => `${name}: ${toGraphql(value, name)}`)
      .join(', ')} }`;
  return key === 'operator' ? String(where) : JSON.stringify(where);
}

function toOperands(condition: FieldCondition, form: Form): readonly Record<string, unknown>[] {
  const path = [condition.field];
  if ('bounds' in condition)
    return Object.entries(condition.bounds).map(([bound, valueNumber]) => ({ path, operator: OPERATORS[bound], valueNumber }));
  const [first] = condition.anyOf;
  const value = `value${typeof first === 'string' ? 'Text' : typeof first === 'number' ? 'Number' : 'Boolean'}`;
  if (typeof first === 'string' && condition.anyOf.length > 1)
    return [{ path, operator: 'ContainsAny', [form === 'rest' ? `${value}Array` : value]: condition.anyOf }];
  const each = condition.anyOf.map((one: FieldValue) => ({ path, operator: 'Equal', [value]: one }));
  return each.length === 1 ? each : [{ operator: 'Or', operands: each }];
}

const OPERATORS: Readonly<Record<string, string>> = {
  gt: 'GreaterThan',
  gte: 'GreaterThanEqual',
  lt: 'LessThan',
  lte: 'LessThanEqual',
};
