/**
 * A text as it reads, whatever it is written with: in small letters, without accents, invisible characters and letters of other scripts that look
 * like Latin ones. Only for looking at: no model gets it.
 */
export interface PlainText {
  readonly text: string;
  /** The place in the original of a character of `text`, or of its end. */
  placeOf(index: number): number;
}

export function toPlainText(original: string): PlainText {
  if (!BEYOND_ASCII.test(original)) return { text: original.toLowerCase(), placeOf: (index) => index };
  let text = '';
  const places: number[] = [];
  let at = 0;
  for (const sign of original) {
    const plain = sign < '\u0080' ? sign.toLowerCase() : plainOf(sign);
    for (let index = 0; index < plain.length; index += 1) places.push(at);
    text += plain;
    at += sign.length;
  }
  places.push(original.length);
  return { text, placeOf: (index) => places[index] as number };
}

function plainOf(sign: string): string {
  let plain = known.get(sign);
  if (plain === undefined) {
    plain = simplify(sign);
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(sign, plain);
  }
  return plain;
}

/** Texts use few of all characters again and again. */
const known = new Map<string, string>();
const MAX_KNOWN = 4_096;

function simplify(sign: string): string {
  // Letters in circles, wide letters, ligatures, styled letters of mathematics: one character each, so that every place stays known.
  const letters = sign.normalize('NFKD').toLowerCase().replaceAll(UNSEEN_OR_MARK, '');
  return Array.from(letters, (letter) => LOOKALIKES.get(letter) ?? letter).join('');
}

const BEYOND_ASCII = /[\u0080-\uffff]/;
/** Format characters (zero width, direction, tags), accents, variation selectors, fillers that nobody sees. */
const UNSEEN_OR_MARK = /[\p{Cf}\p{M}\u115f\u1160\u3164\uffa0]/gu;

/** Cyrillic, Greek and others, in small letters. */
const LOOKALIKES = new Map(
  Object.entries({
    ...{
      а: 'a',
      в: 'b',
      с: 'c',
      ԁ: 'd',
      е: 'e',
      һ: 'h',
      і: 'i',
      ј: 'j',
      к: 'k',
      ӏ: 'l',
      м: 'm',
      о: 'o',
      р: 'p',
      ԛ: 'q',
      ѕ: 's',
      т: 't',
      у: 'y',
    },
    ...{
      х: 'x',
      ԝ: 'w',
      п: 'n',
      г: 'r',
      ѵ: 'v',
      α: 'a',
      β: 'b',
      ε: 'e',
      η: 'n',
      ι: 'i',
      κ: 'k',
      ν: 'v',
      ο: 'o',
      ρ: 'p',
      τ: 't',
      υ: 'u',
      χ: 'x',
    },
    ...{
      ω: 'w',
      γ: 'y',
      σ: 'o',
      ς: 's',
      ı: 'i',
      ɩ: 'i',
      ɑ: 'a',
      ɡ: 'g',
      ʀ: 'r',
      ᴀ: 'a',
      ʙ: 'b',
      ᴄ: 'c',
      ᴅ: 'd',
      ᴇ: 'e',
      ɢ: 'g',
      ʜ: 'h',
      ɪ: 'i',
    },
    ...{
      ᴊ: 'j',
      ᴋ: 'k',
      ʟ: 'l',
      ᴍ: 'm',
      ɴ: 'n',
      ᴏ: 'o',
      ᴘ: 'p',
      ꜱ: 's',
      ᴛ: 't',
      ᴜ: 'u',
      ᴠ: 'v',
      ᴡ: 'w',
      ʏ: 'y',
      ᴢ: 'z',
      ß: 'ss',
      ø: 'o',
      ł: 'l',
    },
  }),
);
