import { type Node, parseExpression } from './parse-expression.js';

/** A text that grows: `before`, `pump` again and again, `after`. */
export interface Attack {
  readonly before: string;
  readonly pump: string;
  readonly after: string;
}

/**
 * Texts that make an expression try again: for each of its parts that repeats, what leads to it, what it and its neighbours may take, and an
 * end that does not fit.
 */
export function writeAttacks(expression: RegExp): Attack[] {
  const sampler = new Sampler(expression.flags);
  const tree = parseExpression(expression.source);
  const befores = new Set(['']);
  const pumps = new Set<string>();
  collect(tree, '', { befores, pumps, sampler });
  // Nothing repeats: no text is tried more often than the expression is long.
  if (pumps.size === 0) return [];
  // What leads to one repetition may also be what another is tried on again and again.
  for (const before of [...befores]) if (before !== '') pumps.add(before);
  const whole = sampler.shortest(tree);
  if (whole !== '') pumps.add(whole);
  const letters = [...new Set([...pumps].flatMap((pump) => [...pump]))].slice(0, MAX_LETTERS);
  for (const letter of letters) pumps.add(letter);
  const singles = [...pumps].slice(0, MAX_SINGLES);
  const pairs = singles
    .flatMap((first) => singles.filter((second) => second !== first).map((second) => first + second))
    .slice(0, MAX_PAIRS);
  const attacks: Attack[] = [];
  for (const pump of singles)
    for (const before of [...befores].slice(0, MAX_BEFORES)) for (const after of ['\0', '\n\0', '']) attacks.push({ before, pump, after });
  for (const pump of pairs) attacks.push({ before: '', pump, after: '\0' });
  return attacks;
}

export function textOf({ before, pump, after }: Attack, characters: number): string {
  return before + pump.repeat(Math.ceil(characters / pump.length)) + after;
}

interface Collected {
  readonly befores: Set<string>;
  readonly pumps: Set<string>;
  readonly sampler: Sampler;
}

/** Returns the shortest text that leads past the node. */
function collect(node: Node, before: string, into: Collected): string {
  const { befores, pumps, sampler } = into;
  switch (node.type) {
    case 'nothing':
      return before;
    case 'atom':
      return before + sampler.shortest(node);
    case 'choice': {
      let past = before;
      for (const [index, option] of node.options.entries()) {
        let current = before;
        for (const part of option) current = collect(part, current, into);
        if (index === 0) past = current;
      }
      return past;
    }
    case 'repeat': {
      if (node.maximum > MANY) {
        befores.add(before);
        for (const text of sampler.some(node.of)) pumps.add(text);
      }
      collect(node.of, before, into);
      return before + sampler.shortest(node);
    }
  }
}

/** Texts that parts of an expression take. */
class Sampler {
  readonly #flags: string;
  readonly #known = new Map<string, readonly string[]>();

  constructor(flags: string) {
    this.#flags = flags.replace(/[gy]/g, '');
  }

  shortest(node: Node): string {
    switch (node.type) {
      case 'nothing':
        return '';
      case 'atom':
        return this.#charactersOf(node.source)[0] ?? '';
      case 'choice':
        return (node.options[0] ?? []).map((part) => this.shortest(part)).join('');
      case 'repeat':
        return this.shortest(node.of).repeat(Math.min(node.minimum, MANY));
    }
  }

  some(node: Node): readonly string[] {
    switch (node.type) {
      case 'nothing':
        return [];
      case 'atom':
        return this.#charactersOf(node.source);
      case 'choice':
        return node.options
          .flatMap((option) => [option.map((part) => this.shortest(part)).join(''), ...option.flatMap((part) => this.some(part))])
          .filter((text) => text !== '');
      case 'repeat':
        return this.some(node.of);
    }
  }

  #charactersOf(source: string): readonly string[] {
    let found = this.#known.get(source);
    if (found === undefined) {
      const one = new RegExp(`^(?:${source})$`, this.#flags);
      const fitting = CHARACTERS.filter((character) => one.test(character));
      // One of each kind that is taken: what neighbours take, too, is what hurts.
      found = [...new Set(KINDS.map((kind) => fitting.find((character) => kind.test(character)) ?? ''))].filter((text) => text !== '');
      this.#known.set(source, found);
    }
    return found;
  }
}

const CHARACTERS = [
  ...Array.from({ length: 126 }, (_, code) => String.fromCharCode(code + 1)).sort((a, b) => Number(/\w/.test(b)) - Number(/\w/.test(a))),
  'é',
  '中',
  '、',
];
const KINDS = [/[a-z]/, /[A-Z]/, /\d/, / /, /\t/, /\n/, /[^\s\w]/, /[^\x20-\x7e\s]/];
const MANY = 64;
const MAX_LETTERS = 12;
const MAX_SINGLES = 24;
const MAX_PAIRS = 60;
const MAX_BEFORES = 3;
