import type { FieldCondition } from '../../outside/split-filter.js';

/** Numbers are ranges: `match` takes whole ones only. */
export function toQdrantFilter(conditions: readonly FieldCondition[], exceptKey: string | undefined): Record<string, unknown> {
  return {
    must: conditions.map(toCondition),
    ...(exceptKey === undefined ? {} : { must_not: [{ has_id: [exceptKey] }] }),
  };
}

function toCondition(condition: FieldCondition): unknown {
  const { field: key } = condition;
  if ('bounds' in condition) return { key, range: condition.bounds };
  const [first] = condition.anyOf;
  if (typeof first === 'string') return { key, match: { any: condition.anyOf } };
  const each = condition.anyOf.map((value) =>
    typeof value === 'number' ? { key, range: { gte: value, lte: value } } : { key, match: { value } },
  );
  return each.length === 1 ? each[0] : { should: each };
}
