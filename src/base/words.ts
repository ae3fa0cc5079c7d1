/** Words of a text, in one form for every database: lower case, without accents; where scripts put no spaces, pairs of characters. */

/** In the order of the text, with repetitions. */
export function* wordsOf(text: string): Generator<string> {
  for (const [run] of plain(text).matchAll(RUNS)) {
    if (!HAS_UNSPACED.test(run)) yield run;
    else for (const part of run.match(PARTS) ?? []) yield* UNSPACED.test(part) ? pairsOf(part) : [part];
  }
}

function plain(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .normalize('NFKC')
    .toLowerCase();
}

function pairsOf(text: string): readonly string[] {
  const characters = [...text];
  return characters.length === 1 ? characters : characters.slice(1).map((character, index) => `${characters[index]}${character}`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them.
const ASCII = /^[\x00-\x7f]*$/;
const RUNS = /[\p{L}\p{N}]+/gu;
const UNSPACED_SCRIPTS = '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}';
const HAS_UNSPACED = new RegExp(`[${UNSPACED_SCRIPTS}]`, 'u');
const UNSPACED = new RegExp(`^[${UNSPACED_SCRIPTS}]`, 'u');
const PARTS = new RegExp(`[${UNSPACED_SCRIPTS}]+|[^${UNSPACED_SCRIPTS}]+`, 'gu');
