import { type CharacterSet, CLASSES, createSet } from './character-set.js';
import { type Expression, joinExpressions } from './compile-expression.js';
import type { ExpressionNode } from './parse-expression.js';

/** Finds any of these words wherever they stand, also inside others and in whatever case; a space in one is any white space. */
export function compileWords(words: readonly string[]): Expression {
  const all = [...new Set(words.map((word) => word.trim().toLowerCase()))].filter((word) => word !== '');
  return joinExpressions(all.length === 0 ? [] : [branch(all.map((word) => Array.from(word.replaceAll(/\s+/g, ' '))))]);
}

/** What begins alike is followed once. */
function branch(words: readonly (readonly string[])[]): ExpressionNode {
  if (words.some((word) => word.length === 0)) return { type: 'sequence', items: [] };
  const byFirst = new Map<string, (readonly string[])[]>();
  for (const [first = '', ...rest] of words) byFirst.set(first, [...(byFirst.get(first) ?? []), rest]);
  const options = [...byFirst].map(([first, rests]): ExpressionNode => ({ type: 'sequence', items: [sign(first), branch(rests)] }));
  return options.length === 1 ? (options[0] as ExpressionNode) : { type: 'choice', options };
}

function sign(text: string): ExpressionNode {
  if (text === ' ') return { type: 'repeat', item: { type: 'set', set: WHITE }, least: 1, most: Number.POSITIVE_INFINITY };
  const codePoint = text.codePointAt(0) as number;
  return { type: 'set', set: createSet({ ranges: [[codePoint, codePoint]], ignoresCase: true }) };
}

const WHITE = CLASSES['s'] as CharacterSet;
