import type { Expression } from '../../base/linear-expression/compile-expression.js';
import { type Search, type SearchOptions, type Span, searchExpression } from '../../base/linear-expression/search-expression.js';

/**
 * Finds something in a text that may still grow.
 *
 * Whether something begins at a place follows from at most `MAX_BEFORE` characters before it, so that a text can be searched piece by piece
 * with the same result. Of what overlaps, one span is made.
 */
export type Detector = (text: string, options?: SearchOptions) => Search;

export function createExpressionDetector(expression: Expression): Detector {
  return (text, options) => searchExpression(expression, text, options);
}

/** Spans in any order, as one detector tells them. */
export function joinSpans(spans: readonly Span[]): readonly Span[] {
  const joined: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = joined.at(-1);
    if (last !== undefined && span.start < last.end) joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
    else joined.push(span);
  }
  return joined;
}

/** Characters before a place that a detector may look at. */
export const MAX_BEFORE = 4;
