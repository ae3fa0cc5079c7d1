/**
 * The built-in embedding: hashed word and character n-grams. No model, no download, no meaning: texts are near when
 * they share words, word stems or parts of words, in any script. Pure and deterministic; runs on text threads.
 */

/** All texts' unit vectors, one after another. A text without letters or digits becomes the zero vector. */
export function embedTexts(texts: readonly string[], dimension: number): Float32Array<ArrayBuffer> {
  const vectors = new Float32Array(texts.length * dimension);
  texts.forEach((text, index) => embedInto(text, vectors.subarray(index * dimension, (index + 1) * dimension)));
  return vectors;
}

function embedInto(text: string, vector: Float32Array): void {
  const counts = new Map<string, number>();
  let previous = '';
  for (const run of fold(text).match(RUN) ?? []) {
    if (UNSPACED.test(run)) {
      // Scripts without spaces: every sign and every pair of neighbours is a word.
      const signs = [...run];
      signs.forEach((sign, index) => {
        add(counts, `w${sign}`);
        const next = signs[index + 1];
        if (next !== undefined) add(counts, `p${sign}${next}`);
      });
      previous = '';
      continue;
    }
    if (STOP_WORDS.has(run)) {
      add(counts, `s${run}`);
      continue;
    }
    const stem = stemWord(run.length > MAX_WORD ? run.slice(0, MAX_WORD) : run);
    add(counts, `w${stem}`);
    if (previous !== '') add(counts, `b${previous} ${stem}`);
    previous = stem;
    const padded = `<${stem}>`;
    for (let at = 0; at + 3 <= padded.length; at++) add(counts, `3${padded.slice(at, at + 3)}`);
    for (let at = 0; at + 4 <= padded.length; at++) add(counts, `4${padded.slice(at, at + 4)}`);
  }
  for (const [feature, count] of counts) {
    // Sublinear term frequency. Only correctly rounded operations, so that every machine gets the same bits.
    const weight = Math.sqrt(count) * (WEIGHTS[feature[0] as string] as number);
    const hash = hashText(feature);
    const second = scramble(hash);
    addSigned(vector, hash, weight);
    addSigned(vector, second, weight);
  }
  normalise(vector);
}

function add(counts: Map<string, number>, feature: string): void {
  counts.set(feature, (counts.get(feature) ?? 0) + 1);
}

/** The low bit is the sign, the rest the place: unrelated features cancel out on average. */
function addSigned(vector: Float32Array, hash: number, weight: number): void {
  const place = (hash >>> 1) % vector.length;
  vector[place] = (vector[place] as number) + ((hash & 1) === 0 ? weight : -weight);
}

function normalise(vector: Float32Array): void {
  let sum = 0;
  for (const value of vector) sum += value * value;
  if (sum === 0) return;
  const length = Math.sqrt(sum);
  for (let at = 0; at < vector.length; at++) vector[at] = (vector[at] as number) / length;
}

/** Lower case, compatibility forms, Latin diacritics dropped; vowel signs of other scripts stay. */
function fold(text: string): string {
  return text.toLowerCase().normalize('NFKD').replace(/[\u0300-\u036f]/g, '').normalize('NFC');
}

/** Plurals and the commonest English endings, so that "deploys", "deployed" and "deploying" meet. */
function stemWord(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word;
  let stem = word;
  if (stem.endsWith('ies') && stem.length > 4) stem = `${stem.slice(0, -3)}y`;
  else if (/(?:ss|x|ch|sh|zz)es$/.test(stem)) stem = stem.slice(0, -2);
  else if (stem.endsWith('s') && !/(?:ss|us|is)$/.test(stem)) stem = stem.slice(0, -1);
  for (const ending of ['ingly', 'edly', 'ing', 'ed', 'ly']) {
    if (!stem.endsWith(ending) || stem.length - ending.length < 3) continue;
    stem = stem.slice(0, -ending.length);
    if (/([b-df-hj-km-np-rtv-z])\1$/.test(stem)) stem = stem.slice(0, -1);
    break;
  }
  return stem.length > 3 && stem.endsWith('e') ? stem.slice(0, -1) : stem;
}

/** 32-bit FNV-1a over UTF-16 code units, then mixed. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return scramble(hash);
}

function scramble(value: number): number {
  let hash = value + 0x9e3779b9;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const UNSPACED_SIGN = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar'].map((script) => `\\p{Script=${script}}`).join('');
/** Runs of letters and digits, of one manner of writing each. */
const RUN = new RegExp(`[${UNSPACED_SIGN}]+|[[\\p{L}\\p{N}\\p{M}]--[${UNSPACED_SIGN}]]+`, 'gv');
const UNSPACED = new RegExp(`^[${UNSPACED_SIGN}]`, 'v');
/** Longer runs are not words (encoded data); their beginning is enough. */
const MAX_WORD = 64;
/** By kind of feature: w word, b pair of words, 3 and 4 parts of words, s stop word, p pair of signs. */
const WEIGHTS: Readonly<Record<string, number>> = { w: 1, b: 0.5, 3: 0.2, 4: 0.25, s: 0.1, p: 1 };
/** English function words say nothing about a passage; without a corpus their rarity cannot be learnt. */
const STOP_WORDS: ReadonlySet<string> = new Set(
  ('a about after all also an and any are as at be because been before but by can could did do does for from had has have he her his how i if in into is it its ' +
    'just may me more most my no not of on only or other our out over she should so some such than that the their them then there these they this those to too ' +
    'under up us was we were what when where which while who why will with would you your').split(' '),
);
