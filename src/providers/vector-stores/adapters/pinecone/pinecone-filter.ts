import type { FieldCondition } from '../../outside/split-filter.js';

/** `undefined` for no condition. Pinecone has no list of truth values. */
export function toPineconeFilter(conditions: readonly FieldCondition[]): Record<string, unknown> | undefined {
  const parts = conditions.map((condition) => {
    const { field } = condition;
    if ('bounds' in condition)
      return { [field]: Object.fromEntries(Object.entries(condition.bounds).map(([bound, value]) => [`$${bound}`, value])) };
    const each = condition.anyOf;
    if (typeof each[0] !== 'boolean') return { [field]: { $in: each } };
    return each.length === 1 ? { [field]: { $eq: each[0] } } : { $or: each.map((value) => ({ [field]: { $eq: value } })) };
  });
  return parts.length < 2 ? parts[0] : { $and: parts };
}
