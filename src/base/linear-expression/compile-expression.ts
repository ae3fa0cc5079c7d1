/** Nodes of an expression as states of a machine that is in many of them at once. */
import { type CharacterSet, decidedOnce } from './character-set.js';
import { type Assertion, ExpressionError, type ExpressionFlags, type ExpressionNode, parseExpression } from './parse-expression.js';

export type State =
  | { readonly type: 'set'; readonly set: CharacterSet; readonly next: number }
  | { readonly type: 'fork'; readonly next: number; readonly other: number }
  | { readonly type: 'assertion'; readonly assertion: Assertion; readonly next: number }
  | { readonly type: 'found' };

/** Several expressions may share one: it finds what any of them finds. */
export interface Expression {
  readonly states: readonly State[];
  readonly start: number;
  /** Whether something can be found that begins with this character. */
  canBegin(codePoint: number): boolean;
}

/** @throws ExpressionError also for one that finds nothing at all everywhere. */
export function compileExpression(source: string, flags?: ExpressionFlags): Expression {
  return joinExpressions([parseExpression(source, flags)]);
}

/** @throws ExpressionError */
export function joinExpressions(nodes: readonly ExpressionNode[]): Expression {
  const states: State[] = [{ type: 'found' }];
  const add = (state: State): number => {
    if (states.push(state) > MAX_STATES)
      throw new ExpressionError(`it is too large: repeats and alternatives make more than ${MAX_STATES} states`);
    return states.length - 1;
  };
  // From its end to its beginning: every state is known when one before it leads there.
  const build = (node: ExpressionNode, next: number): number => {
    switch (node.type) {
      case 'set':
        return add({ type: 'set', set: node.set, next });
      case 'assertion':
        return add({ type: 'assertion', assertion: node.assertion, next });
      case 'sequence':
        return node.items.reduceRight((after, item) => build(item, after), next);
      case 'choice':
        return node.options.map((option) => build(option, next)).reduce((other, first) => add({ type: 'fork', next: first, other }));
      case 'repeat': {
        let after = next;
        if (node.most === Number.POSITIVE_INFINITY) {
          const loop = add({ type: 'fork', next: -1, other: next });
          states[loop] = { type: 'fork', next: build(node.item, loop), other: next };
          after = loop;
        } else
          for (let copy = node.least; copy < node.most; copy += 1)
            after = add({ type: 'fork', next: build(node.item, after), other: next });
        for (let copy = 0; copy < node.least; copy += 1) {
          const before = build(node.item, after);
          // What is empty adds no state, so that no limit would end its copies.
          if (before === after) break;
          after = before;
        }
        return after;
      }
    }
  };
  const starts = nodes.map((node) => {
    const start = build(node, 0);
    if (isEverywhere(states, start)) throw new ExpressionError('it also finds the empty text, which is everywhere');
    return start;
  });
  const start =
    starts.length === 0
      ? add({ type: 'set', set: { has: () => false }, next: 0 })
      : starts.reduce((other, next) => add({ type: 'fork', next, other }));
  const sets = firstSets(states, start);
  return { states, start, canBegin: decidedOnce((codePoint) => sets.some((set) => set.has(codePoint))).has };
}

/** What can be first, whatever assertions say. */
function firstSets(states: readonly State[], start: number): readonly CharacterSet[] {
  return reach(states, start, true).flatMap((state) => (state.type === 'set' ? [state.set] : []));
}

/** What finds the empty text only at an end, or at a border of words, is of use. */
function isEverywhere(states: readonly State[], start: number): boolean {
  return reach(states, start, false).some(({ type }) => type === 'found');
}

function reach(states: readonly State[], start: number, passesAssertions: boolean): readonly State[] {
  const seen = new Set<number>();
  const left = [start];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const state = states[at] as State;
    if (state.type === 'fork') left.push(state.next, state.other);
    else if (state.type === 'assertion' && passesAssertions) left.push(state.next);
  }
  return [...seen].map((at) => states[at] as State);
}

/** Of all expressions of one rule together: each character of a text is looked at once for every state that is at work. */
const MAX_STATES = 20_000;
