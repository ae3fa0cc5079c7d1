/**
 * A regular expression without what only backtracking can find: what is read here takes a time proportional to the text, whoever wrote the text.
 * The language is that of RE2: no back reference, no look-around.
 */
import { ANY, ANY_BUT_LINE_ENDS, type CharacterSet, CLASSES, createPropertySet, createSet } from './character-set.js';

export type Assertion = 'start' | 'end' | 'line-start' | 'line-end' | 'word-border' | 'no-word-border';

export type ExpressionNode =
  | { readonly type: 'set'; readonly set: CharacterSet }
  | { readonly type: 'assertion'; readonly assertion: Assertion }
  | { readonly type: 'sequence'; readonly items: readonly ExpressionNode[] }
  | { readonly type: 'choice'; readonly options: readonly ExpressionNode[] }
  | { readonly type: 'repeat'; readonly item: ExpressionNode; readonly least: number; readonly most: number };

export interface ExpressionFlags {
  readonly ignoresCase?: boolean;
  /** `^` and `$` stand at lines, too. */
  readonly isMultiline?: boolean;
  /** `.` is line ends, too. */
  readonly dotIsAll?: boolean;
}

/** What is wrong with an expression, in words for whoever wrote it. */
export class ExpressionError extends Error {}

/** @throws ExpressionError */
export function parseExpression(source: string, flags: ExpressionFlags = {}): ExpressionNode {
  return new Parser(source).parse(flags);
}

class Parser {
  readonly #signs: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    if (source.length > MAX_LENGTH) throw new ExpressionError(`it has ${source.length} characters; wanted at most ${MAX_LENGTH}`);
    this.#signs = Array.from(source);
  }

  parse(flags: ExpressionFlags): ExpressionNode {
    const node = this.#choice(flags);
    if (this.#at < this.#signs.length) throw new ExpressionError("a ')' closes nothing");
    return node;
  }

  #choice(given: ExpressionFlags): ExpressionNode {
    let flags = given;
    const options: ExpressionNode[] = [];
    let items: ExpressionNode[] = [];
    for (;;) {
      const sign = this.#peek();
      if (sign === undefined || sign === ')') break;
      if (sign === '|') {
        this.#at += 1;
        options.push({ type: 'sequence', items });
        items = [];
        continue;
      }
      const changed = this.#readFlags(flags);
      if (changed === undefined) items.push(this.#repeated(this.#item(flags)));
      else flags = changed;
    }
    const last: ExpressionNode = { type: 'sequence', items };
    return options.length === 0 ? last : { type: 'choice', options: [...options, last] };
  }

  /** `(?i)`, for what follows in its group. */
  #readFlags(flags: ExpressionFlags): ExpressionFlags | undefined {
    const found = /^\(\?([ims]+)\)/.exec(this.#ahead(8));
    if (found === null) return undefined;
    this.#at += found[0].length;
    return withFlags(flags, found[1] as string);
  }

  #item(flags: ExpressionFlags): ExpressionNode {
    const sign = this.#next();
    switch (sign) {
      case '(':
        return this.#group(flags);
      case '[':
        return { type: 'set', set: this.#set(flags) };
      case '.':
        return { type: 'set', set: flags.dotIsAll ? ANY : ANY_BUT_LINE_ENDS };
      case '^':
        return { type: 'assertion', assertion: flags.isMultiline ? 'line-start' : 'start' };
      case '$':
        return { type: 'assertion', assertion: flags.isMultiline ? 'line-end' : 'end' };
      case '\\':
        return this.#escape(flags);
      case '*':
      case '+':
      case '?':
        throw new ExpressionError(`'${sign}' repeats nothing`);
      case '{':
        if (COUNT.test(this.#ahead(16))) throw new ExpressionError("'{' repeats nothing; a brace that is meant is written \\{");
        return literal(sign, flags);
      default:
        return literal(sign, flags);
    }
  }

  #group(given: ExpressionFlags): ExpressionNode {
    let flags = given;
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new ExpressionError(`groups are nested more than ${MAX_DEPTH} deep`);
    const head = this.#ahead(80);
    if (/^\?<?[=!]/.test(head))
      throw new ExpressionError(
        'it looks ahead or behind, with (?=, (?!, (?<= or (?<!; such expressions cannot be matched in bounded time',
      );
    const named = /^\?P?<[A-Za-z_]\w{0,60}>/.exec(head)?.[0] ?? /^\?[ims]*:/.exec(head)?.[0];
    if (named !== undefined) {
      this.#at += named.length;
      if (named.endsWith(':')) flags = withFlags(flags, named.slice(1, -1));
    } else if (head.startsWith('?'))
      throw new ExpressionError(`'(${head.slice(0, 3)}' is no group; wanted (…), (?:…), (?i:…) or (?<name>…)`);
    const node = this.#choice(flags);
    if (this.#peek() !== ')') throw new ExpressionError("a '(' is not closed");
    this.#at += 1;
    this.#depth -= 1;
    return node;
  }

  #repeated(item: ExpressionNode): ExpressionNode {
    const counted = /^(?:([*+?])|\{(\d{1,6})(,?)(\d{0,6})\})/.exec(this.#ahead(16));
    if (counted === null) {
      if (/^\{\d{7}|^\{\d{1,6},\d{7}/.test(this.#ahead(16))) throw new ExpressionError(`a count after '{' is more than ${MAX_REPEATS}`);
      return item;
    }
    this.#at += counted[0].length;
    // Lazy or not: what is found is the same, and how far it reaches is not asked.
    if (this.#peek() === '?') this.#at += 1;
    const [, sign, from = '', comma, to = ''] = counted;
    const [least, most] =
      sign === undefined
        ? [Number(from), comma === '' ? Number(from) : to === '' ? Number.POSITIVE_INFINITY : Number(to)]
        : [sign === '+' ? 1 : 0, sign === '?' ? 1 : Number.POSITIVE_INFINITY];
    if (least > most) throw new ExpressionError(`'${counted[0]}' repeats at least ${least} and at most ${most} times`);
    if (Math.max(least, most === Number.POSITIVE_INFINITY ? 0 : most) > MAX_REPEATS)
      throw new ExpressionError(`'${counted[0]}' repeats more than ${MAX_REPEATS} times`);
    if (/^[*+?]/.test(this.#ahead(1)) || (this.#peek() === '{' && COUNT.test(this.#ahead(17).slice(1))))
      throw new ExpressionError(`'${this.#ahead(1)}' repeats what is repeated already; put it into a group`);
    return { type: 'repeat', item, least, most };
  }

  #escape(flags: ExpressionFlags): ExpressionNode {
    const sign = this.#peek();
    if (sign === 'b' || sign === 'B') {
      this.#at += 1;
      return { type: 'assertion', assertion: sign === 'b' ? 'word-border' : 'no-word-border' };
    }
    if (sign === 'A' || sign === 'z') {
      this.#at += 1;
      return { type: 'assertion', assertion: sign === 'A' ? 'start' : 'end' };
    }
    const escaped = this.#escaped();
    return typeof escaped === 'string' ? literal(escaped, flags) : { type: 'set', set: escaped };
  }

  /** What follows a backslash, in a set or outside: a sign, or many. */
  #escaped(): string | CharacterSet {
    const sign = this.#peek();
    if (sign === undefined) throw new ExpressionError('it ends with a backslash');
    this.#at += 1;
    if (Object.hasOwn(CLASSES, sign)) return CLASSES[sign] as CharacterSet;
    if (sign === 'p' || sign === 'P') return this.#property(sign === 'P');
    if (Object.hasOwn(CONTROLS, sign)) return CONTROLS[sign] as string;
    const code = /^(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|[ux]\{([\da-fA-F]{1,6})\})/.exec(sign + this.#ahead(9));
    if (code !== null) {
      this.#at += code[0].length - 1;
      const codePoint = Number.parseInt(code[1] ?? code[2] ?? (code[3] as string), 16);
      if (codePoint > 0x10ffff) throw new ExpressionError(`'\\${code[0]}' is no character`);
      // Texts are read by whole characters: two halves are one.
      const low = codePoint >= 0xd800 && codePoint <= 0xdbff ? /^\\u(d[c-f][\da-f]{2})/i.exec(this.#ahead(6)) : null;
      if (low !== null) {
        this.#at += low[0].length;
        return String.fromCharCode(codePoint, Number.parseInt(low[1] as string, 16));
      }
      return String.fromCodePoint(codePoint);
    }
    if (/[1-9k]/.test(sign))
      throw new ExpressionError(`'\\${sign}' refers to a group before it; such expressions cannot be matched in bounded time`);
    if (/[A-Za-z\d]/.test(sign)) throw new ExpressionError(`'\\${sign}' means nothing here`);
    return sign;
  }

  #property(isNegated: boolean): CharacterSet {
    const found = /^(?:\{([\w=]{1,60})\}|([A-Z]))/.exec(this.#ahead(64));
    const property = found?.[1] ?? found?.[2];
    if (found === null || property === undefined) throw new ExpressionError("'\\p' wants the name of a property, such as \\p{L}");
    this.#at += found[0].length;
    try {
      return createPropertySet(property, isNegated);
    } catch {
      // Whatever the engine says of it, the cure is the same.
      throw new ExpressionError(`there is no property '${property}'`);
    }
  }

  #set(flags: ExpressionFlags): CharacterSet {
    const isNegated = this.#peek() === '^';
    if (isNegated) this.#at += 1;
    const ranges: [number, number][] = [];
    const others: CharacterSet[] = [];
    for (let isFirst = true; ; isFirst = false) {
      const sign = this.#peek();
      if (sign === undefined) throw new ExpressionError("a '[' is not closed");
      if (sign === ']' && !isFirst) break;
      const from = this.#member();
      if (typeof from !== 'string') {
        others.push(from);
        continue;
      }
      const first = from.codePointAt(0) as number;
      const isRange = this.#peek() === '-' && this.#signs[this.#at + 1] !== ']' && this.#signs[this.#at + 1] !== undefined;
      if (!isRange) {
        ranges.push([first, first]);
        continue;
      }
      this.#at += 1;
      const to = this.#member();
      const last = typeof to === 'string' ? (to.codePointAt(0) as number) : -1;
      if (last < first) throw new ExpressionError(`'${from}-${typeof to === 'string' ? to : '\\…'}' is no range`);
      ranges.push([first, last]);
    }
    this.#at += 1;
    return createSet({ ranges, others, isNegated, ...(flags.ignoresCase ? { ignoresCase: true } : {}) });
  }

  #member(): string | CharacterSet {
    const sign = this.#next();
    if (sign === '[' && this.#peek() === ':') throw new ExpressionError("'[[:' begins a class of POSIX; wanted \\d, \\w, \\s or \\p{…}");
    if (sign !== '\\') return sign;
    if (this.#peek() === 'b') {
      this.#at += 1;
      return '\b';
    }
    return this.#escaped();
  }

  #peek(): string | undefined {
    return this.#signs[this.#at];
  }

  #next(): string {
    const sign = this.#signs[this.#at] as string;
    this.#at += 1;
    return sign;
  }

  #ahead(count: number): string {
    return this.#signs.slice(this.#at, this.#at + count).join('');
  }
}

function literal(sign: string, { ignoresCase = false }: ExpressionFlags): ExpressionNode {
  const codePoint = sign.codePointAt(0) as number;
  return { type: 'set', set: createSet({ ranges: [[codePoint, codePoint]], ignoresCase }) };
}

function withFlags(flags: ExpressionFlags, letters: string): ExpressionFlags {
  return {
    ...flags,
    ...(letters.includes('i') ? { ignoresCase: true } : {}),
    ...(letters.includes('m') ? { isMultiline: true } : {}),
    ...(letters.includes('s') ? { dotIsAll: true } : {}),
  };
}

const CONTROLS: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\x07', '0': '\0' };
/** Of a repeat, behind its brace. */
const COUNT = /^\d+(?:,\d*)?\}/;
const MAX_DEPTH = 50;
/** Characters of an expression. */
const MAX_LENGTH = 20_000;
/** Each is a copy of what is repeated. */
const MAX_REPEATS = 1_000;
