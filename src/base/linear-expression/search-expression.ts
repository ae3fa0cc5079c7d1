/**
 * Where an expression is found in a text, without backtracking: all ways are followed at once, so that the time is at most the text's
 * length times the number of states.
 *
 * It follows every beginning and joins what overlaps, and so tells of a text that goes on which part of it is decided: from `openFrom` on
 * something may have begun that more text would complete.
 */
import { isWordSign } from './character-set.js';
import type { Expression, State } from './compile-expression.js';
import type { Assertion } from './parse-expression.js';

/** UTF-16 units, as `slice` takes them. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Search {
  /** In their order, none overlapping another. */
  readonly spans: readonly Span[];
  /** The text's length when nothing is open. */
  readonly openFrom: number;
}

export interface SearchOptions {
  /** Nothing begins before it; what stands there is looked at as what precedes. Default 0. */
  readonly from?: number;
  /** The text goes on. Default false. */
  readonly isOpen?: boolean;
}

/** The ways at work: their states, and where each began, the earliest first. */
interface Ways {
  readonly states: number[];
  readonly begins: number[];
}

export function searchExpression(expression: Expression, text: string, { from = 0, isOpen = false }: SearchOptions = {}): Search {
  const { states, start } = expression;
  const spans: Span[] = [];
  const marks = new Int32Array(states.length).fill(-1);
  let ways: Ways = { states: [], begins: [] };
  let before = from === 0 ? NOTHING : codePointBefore(text, from);
  let at = from;
  while (at < text.length) {
    const codePoint = text.codePointAt(at) as number;
    const size = codePoint > 0xffff ? 2 : 1;
    // Half a character: the other half decides.
    if (isOpen && at + 1 === text.length && codePoint >= 0xd800 && codePoint <= 0xdbff) break;
    const begins = expression.canBegin(codePoint);
    if (ways.states.length > 0 || begins) {
      const reached = follow(ways, at, before, codePoint, begins);
      ways = { states: [], begins: [] };
      for (const [index, found] of reached.states.entries()) {
        const state = states[found] as State;
        if (state.type !== 'set' || !state.set.has(codePoint)) continue;
        ways.states.push(state.next);
        ways.begins.push(reached.begins[index] as number);
      }
    }
    before = codePoint;
    at += size;
  }
  if (!isOpen) follow(ways, text.length, before, NOTHING, false);
  const openFrom = isOpen ? Math.min(at, ways.begins[0] ?? at) : text.length;
  return { spans, openFrom };

  /** What is reached without another character; notes what is found on the way. */
  function follow(known: Ways, position: number, previous: number, next: number, begins: boolean): Ways {
    const reached: Ways = { states: [], begins: [] };
    // A stack of its own: expressions may have more states than calls can be nested.
    const left: number[] = [];
    const enter = (first: number, begin: number) => {
      left.push(first);
      for (let index = left.pop(); index !== undefined; index = left.pop()) {
        // Whoever comes first began first.
        if (marks[index] === position) continue;
        marks[index] = position;
        const state = states[index] as State;
        if (state.type === 'found') note(spans, begin, position);
        else if (state.type === 'fork') left.push(state.other, state.next);
        else if (state.type === 'set') {
          reached.states.push(index);
          reached.begins.push(begin);
        } else if (holds(state.assertion, previous, next)) left.push(state.next);
      }
    };
    for (const [index, state] of known.states.entries()) enter(state, known.begins[index] as number);
    if (begins) enter(start, position);
    return reached;
  }
}

/** Whether it is found anywhere. */
export function isFound(expression: Expression, text: string): boolean {
  return searchExpression(expression, text).spans.length > 0;
}

function note(spans: Span[], begin: number, end: number): void {
  let start = begin;
  for (let last = spans.at(-1); last !== undefined && start < last.end; last = spans.at(-1)) {
    start = Math.min(start, last.start);
    spans.pop();
  }
  spans.push({ start, end });
}

function holds(assertion: Assertion, before: number, after: number): boolean {
  switch (assertion) {
    case 'start':
      return before === NOTHING;
    case 'end':
      return after === NOTHING;
    case 'line-start':
      return before === NOTHING || before === 10;
    case 'line-end':
      return after === NOTHING || after === 10;
    case 'word-border':
      return isWord(before) !== isWord(after);
    case 'no-word-border':
      return isWord(before) === isWord(after);
  }
}

function isWord(codePoint: number): boolean {
  return codePoint !== NOTHING && isWordSign(codePoint);
}

function codePointBefore(text: string, at: number): number {
  const pair = at > 1 ? (text.codePointAt(at - 2) as number) : 0;
  return pair > 0xffff ? pair : (text.codePointAt(at - 1) as number);
}

/** Before the beginning, and behind the end. */
const NOTHING = -1;
