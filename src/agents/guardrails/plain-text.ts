/**
 * A text as it reads, whatever it is written with: in small letters, without accents, invisible characters and letters of other scripts that look
 * like Latin ones. Only for looking at: no model gets it.
 */
import { remember } from '../../base/remember.js';

export interface PlainText {
  readonly text: string;
  /** Something of the original is not in it. */
  readonly hasUnseen: boolean;
  /** The place in the original of a character of `text`, or of its end. */
  placeOf(index: number): number;
}

/** What nobody sees may cut a word in two, or be all that stands between two words: the text is read both ways. */
export function readPlainly(original: string): readonly PlainText[] {
  const plain = toPlainText(original);
  return plain.hasUnseen ? [plain, toPlainText(original, ' ')] : [plain];
}

/** @param unseen stands in place of each character that nobody sees. */
export function toPlainText(original: string, unseen = ''): PlainText {
  if (!NEEDS_READING.test(original)) return { text: original.toLowerCase(), hasUnseen: false, placeOf: (index) => index };
  let text = '';
  let hasUnseen = false;
  let places: number[] = [];
  let at = 0;
  for (const sign of original) {
    const plain = SEEN_ASCII.test(sign) ? sign.toLowerCase() : plainOf(sign);
    const read = plain === '' ? unseen : plain;
    hasUnseen ||= plain === '';
    for (let index = 0; index < read.length; index += 1) places.push(at);
    text += read;
    at += sign.length;
  }
  places.push(original.length);
  if (LONG_GAP.test(text)) {
    const kept = keptBesideGaps(text);
    places = kept.flatMap(([from, to]) => places.slice(from, to));
    places.push(original.length);
    text = kept.map(([from, to]) => text.slice(from, to)).join('');
  }
  return { text, hasUnseen, placeOf: (index) => places[index] as number };
}

/** Words that stand far apart are read as if they stood near; what is next to a word stays. */
function keptBesideGaps(text: string): readonly (readonly [number, number])[] {
  const kept: [number, number][] = [];
  let at = 0;
  for (const { index, 0: gap } of text.matchAll(LONG_GAPS)) {
    kept.push([at, index + GAP_END]);
    at = index + gap.length - GAP_END;
  }
  return [...kept, [at, text.length]];
}

/** Texts use few of all characters again and again; those of them that nothing simplifies are not kept. */
function plainOf(sign: string): string {
  return IDEOGRAPH.test(sign) ? sign : simplified(sign);
}

const simplified = remember(32_768, simplify);

function simplify(sign: string): string {
  // Letters in circles, wide letters, ligatures, styled letters of mathematics: one character each, so that every place stays known.
  const codePoint = sign.codePointAt(0) as number;
  const first = PICTURED.find((a) => codePoint >= a && codePoint < a + 26);
  if (first !== undefined) return String.fromCodePoint(97 + codePoint - first);
  const letters = sign.normalize('NFKD').toLowerCase().replaceAll(UNSEEN_OR_MARK, '');
  return Array.from(letters, (letter) => LOOKALIKES.get(letter) ?? letter).join('');
}

const SEEN_ASCII = /^[\t-\r -~]$/;
const LONG_GAP = /[^\p{L}\p{N}]{9}/u;
const LONG_GAPS = /[^\p{L}\p{N}]{9,}/gu;
const NEEDS_READING = /[^\t-\r -~]|[^a-z0-9]{9}/i;
const GAP_END = 4;
const IDEOGRAPH = /^[\u3400-\u9fff\uac00-\ud7a3]/;
/**
 * Control, format (zero width, direction, tags), private and unknown characters, halves of pairs, accents, variation selectors, fillers that
 * nobody sees.
 */
const UNSEEN_OR_MARK = /(?![\t-\r])[\p{C}\p{M}\u115f\u1160\u2800\u3164\uffa0]/gu;
/** Where alphabets of letters begin that have no plain form in Unicode, or one between brackets: in brackets, white on black, of flags. */
const PICTURED = [0x249c, 0x1f110, 0x1f150, 0x1f170, 0x1f1e6];

/** Cyrillic, Greek and others, in small letters: each with what it reads as. */
const LOOKALIKES = new Map(
  [
    'аa вb сc ԁd еe һh іi јj кk ӏl мm оo рp ԛq ѕs тt уy хx ԝw пn гr ѵv αa βb εe ηn ιi κk νv οo',
    'ρp τt υu χx ωw γy σo ςs ıi ɩi ɑa ɡg ʀr ᴀa ʙb ᴄc ᴅd ᴇe ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ꜱs ᴛt',
    'ᴜu ᴠv ᴡw ʏy ᴢz ßss øo łl',
  ]
    .flatMap((line) => line.split(' '))
    .map((pair): [string, string] => [pair.slice(0, 1), pair.slice(1)]),
);
