/**
 * What is known of an entry besides its vector, and how a search asks for it (VEC-07, RAG-45). Flat, so that every store can keep it
 * and none needs a language of its own.
 */
export type MetadataValue = string | number | boolean;

export type Metadata = Readonly<Record<string, MetadataValue>>;

/** A value: equal to it. A list: equal to one of them. Bounds: numbers compare as numbers, text by code units; all that are given hold. */
export type MetadataCondition =
  | MetadataValue
  | readonly MetadataValue[]
  | { readonly gt?: number | string; readonly gte?: number | string; readonly lt?: number | string; readonly lte?: number | string };

/** All conditions hold; an entry without the key fulfils none. `{}` = every entry. */
export type MetadataFilter = Readonly<Record<string, MetadataCondition>>;

export function matchesFilter(metadata: Metadata, filter: MetadataFilter): boolean {
  return Object.entries(filter).every(([key, condition]) => {
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
    return value !== undefined && matchesCondition(value, condition);
  });
}

function matchesCondition(value: MetadataValue, condition: MetadataCondition): boolean {
  if (typeof condition !== 'object') return value === condition;
  if (isList(condition)) return condition.includes(value);
  const { gt, gte, lt, lte } = condition;
  return (
    (gt === undefined || compare(value, gt) > 0) &&
    (gte === undefined || compare(value, gte) >= 0) &&
    (lt === undefined || compare(value, lt) < 0) &&
    (lte === undefined || compare(value, lte) <= 0)
  );
}

/** NaN, which fulfils no bound, when the kinds differ. */
function compare(value: MetadataValue, bound: number | string): number {
  if (typeof value === 'number' && typeof bound === 'number') return value - bound;
  if (typeof value === 'string' && typeof bound === 'string') return value < bound ? -1 : value > bound ? 1 : 0;
  return Number.NaN;
}

function isList(condition: MetadataCondition): condition is readonly MetadataValue[] {
  return Array.isArray(condition);
}
