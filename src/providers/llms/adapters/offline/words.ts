/** Words as the offline model compares them: lower case, without accents, light stems, no stop words. */

export function contentWords(text: string): readonly string[] {
  return rawWords(text)
    .filter((word) => !STOP_WORDS.has(word))
    .map(stem);
}

export function rawWords(text: string): readonly string[] {
  return (
    text
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+(?:['’][\p{L}]+)?/gu) ?? []
  );
}

/** Enough to let `refunds`, `refunded` and `refunding` meet; not a linguist. */
export function stem(word: string): string {
  if (word.length <= 3 || /\d/.test(word)) return word;
  const bare = word.replace(/['’]s$/, '');
  for (const [suffix, replacement] of SUFFIXES) {
    if (bare.endsWith(suffix) && bare.length - suffix.length >= 3) return bare.slice(0, -suffix.length) + replacement;
  }
  return bare;
}

const SUFFIXES: readonly (readonly [string, string])[] = [
  ['ations', ''],
  ['ation', ''],
  ['ities', ''],
  ['ity', ''],
  ['ments', ''],
  ['ment', ''],
  ['ings', ''],
  ['ing', ''],
  ['ied', 'y'],
  ['ies', 'y'],
  ['ers', ''],
  ['er', ''],
  ['ed', ''],
  ['es', ''],
  ['ly', ''],
  ['s', ''],
  ['e', ''],
];

const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about after all also am an and any are as at be been before being but by can could did do does doing for from get give ' +
    'had has have he her him his how i if in into is it its just let may me might more most my no not now of on once only or other our out over ' +
    'own please shall she should so some such tell than that the their them then there these they this those to too under until up us was we ' +
    "were what when where which while who whom why will with would you your yours what's how's where's who's i'm it's don't " +
    'der die das und oder ist sind war wie was wer wo wann warum ein eine einen einem einer mit von zu zum zur im in den dem des fur auf ich du er sie es wir ihr ' +
    'kann konnen haben hat nicht auch bei nach aus'
  ).split(' '),
);
