/** Words of a text, in one form for every database: lower case, without accents; where scripts put no spaces, pairs of characters. */

/** Different words in the order of their first appearance, at most `MAX_WORDS`. */
export function splitWords(text: string): readonly string[] {
  const words = new Set<string>();
  const plain = text
    .slice(0, MAX_CHARACTERS)
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .normalize('NFKC')
    .toLowerCase();
  for (const [run] of plain.matchAll(/[\p{L}\p{N}]+/gu)) {
    for (const part of run.match(PARTS) ?? [])
      for (const word of UNSPACED.test(part) ? pairsOf(part) : [part]) words.add(PREFIX + word.slice(0, MAX_LENGTH));
    if (words.size >= MAX_WORDS) break;
  }
  return [...words].slice(0, MAX_WORDS);
}

function pairsOf(text: string): readonly string[] {
  const characters = [...text];
  return characters.length === 1 ? characters : characters.slice(1).map((character, index) => `${characters[index]}${character}`);
}

/** No database takes a word with it for one of those that it leaves out, or for too short. */
const PREFIX = 'xx';
const MAX_LENGTH = 60;
/** What a model or a person wrote in one message; more is a paste, of which the beginning must do. */
const MAX_CHARACTERS = 40_000;
const MAX_WORDS = 2_000;
const UNSPACED_SCRIPTS = '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}';
const UNSPACED = new RegExp(`^[${UNSPACED_SCRIPTS}]`, 'u');
const PARTS = new RegExp(`[${UNSPACED_SCRIPTS}]+|[^${UNSPACED_SCRIPTS}]+`, 'gu');
