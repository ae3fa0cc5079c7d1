import { remember } from '../remember.js';

/** A set of code points: a table for ASCII, a question for all others. */
export interface CharacterSet {
  has(codePoint: number): boolean;
}

type Range = readonly [number, number];

/** Characters of one set. */
const MAX_KNOWN = 512;

export interface SetParts {
  readonly ranges: readonly Range[];
  /** Sets and classes in it, such as `\d` or `\p{L}`. Default: none. */
  readonly others?: readonly CharacterSet[];
  readonly isNegated?: boolean;
  readonly ignoresCase?: boolean;
}

export function createSet({ ranges, others = [], isNegated = false, ignoresCase = false }: SetParts): CharacterSet {
  const holds = (codePoint: number) =>
    ranges.some(([first, last]) => codePoint >= first && codePoint <= last) || others.some((other) => other.has(codePoint));
  const decide = (codePoint: number) => (holds(codePoint) || (ignoresCase && casesOf(codePoint).some(holds))) !== isNegated;
  return decidedOnce(decide);
}

/** Texts use few of all characters again and again. */
export function decidedOnce(decide: (codePoint: number) => boolean): CharacterSet {
  const ascii = Uint8Array.from({ length: 128 }, (_, codePoint) => (decide(codePoint) ? 1 : 0));
  const others = remember(MAX_KNOWN, decide);
  return { has: (codePoint) => (codePoint < 128 ? ascii[codePoint] === 1 : others(codePoint)) };
}

/** `\p{…}` */
export function createPropertySet(property: string, isNegated: boolean): CharacterSet {
  // One character at a time: nothing in it can take long.
  const expression = new RegExp(`^\\p{${property}}$`, 'u');
  return decidedOnce((codePoint) => expression.test(String.fromCodePoint(codePoint)) !== isNegated);
}

export function isWordSign(codePoint: number): boolean {
  return WORD.has(codePoint);
}

const DIGIT = createSet({ ranges: [[48, 57]] });
const WORD_RANGES: readonly Range[] = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const WORD = createSet({ ranges: WORD_RANGES });
const SPACE_RANGES: readonly Range[] = [
  [9, 13],
  [32, 32],
  [160, 160],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const SPACE = createSet({ ranges: SPACE_RANGES });
const LINE_ENDS: readonly Range[] = [
  [10, 10],
  [13, 13],
  [0x2028, 0x2029],
];

/** `\d`, `\w`, `\s`, and their opposites. */
export const CLASSES: Readonly<Record<string, CharacterSet>> = {
  d: DIGIT,
  w: WORD,
  s: SPACE,
  D: createSet({ ranges: [], others: [DIGIT], isNegated: true }),
  W: createSet({ ranges: [], others: [WORD], isNegated: true }),
  S: createSet({ ranges: [], others: [SPACE], isNegated: true }),
};
export const ANY: CharacterSet = { has: () => true };
export const ANY_BUT_LINE_ENDS = createSet({ ranges: LINE_ENDS, isNegated: true });

function casesOf(codePoint: number): readonly number[] {
  const sign = String.fromCodePoint(codePoint);
  return [sign.toLowerCase(), sign.toUpperCase()].flatMap((other) => {
    const changed = other.codePointAt(0) as number;
    return changed !== codePoint && String.fromCodePoint(changed) === other ? [changed] : [];
  });
}
