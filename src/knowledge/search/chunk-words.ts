/** The words that a chunk is found by, and those of a query: the same splitting, or they would not meet. */
import { wordsOf } from '../../base/words.js';
import type { ChunkPlace } from '../chunk-store.js';

export interface WordSource {
  readonly text: string;
  readonly title: string;
  readonly place: ChunkPlace;
}

/**
 * In the order of the text, with repetitions; in front of them what the chunk stands under, which its text need not repeat. A word is letters
 * and digits behind two letters, so that no database takes it for syntax, for one of those that it leaves out, or for too short.
 */
export function chunkWords({ text, title, place }: WordSource): readonly string[] {
  const { section = '', functionName = '', typeName = '' } = place;
  // A section of Markdown often begins with the title.
  const above = new Set([title, section, functionName, typeName].flatMap((part) => [...formsOf(part)]));
  return [...above, ...formsOf(text.slice(0, MAX_CHARACTERS))];
}

/** Different words of a query, in its order. */
export function queryWords(query: string): readonly string[] {
  return [...new Set(formsOf(query))].slice(0, MAX_QUERY_WORDS);
}

function* formsOf(text: string): Generator<string> {
  for (const word of wordsOf(text)) yield formOf(word);
  // `retryDocument` is found by its parts, too.
  for (const [name] of text.matchAll(NAMES)) {
    if (!COMPOUND.test(name)) continue;
    for (const word of wordsOf(name.replace(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})/gu, ' '))) if (word.length > 1) yield formOf(word);
  }
}

function formOf(word: string): string {
  return PREFIX + singularOf(word).slice(0, MAX_LENGTH);
}

/** The plural of English, where it is certain; other languages lose nothing, as texts and queries go through the same. */
function singularOf(word: string): string {
  if (word.length < 4 || !PLURAL.test(word)) return word;
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`;
  return /(?:ss|sh|ch|x|z)es$/.test(word) ? word.slice(0, -2) : word.slice(0, -1);
}

const PREFIX = 'xx';
/** Also of what MySQL keeps of a word. */
const MAX_LENGTH = 60;
/** Chunks are far shorter; a table cell that is not, is found by its beginning. */
const MAX_CHARACTERS = 200_000;
/** Of a pasted page, the first: more would not find better. */
const MAX_QUERY_WORDS = 64;
const PLURAL = /^[a-z]+[^aius]s$/;
const NAMES = /[\p{L}\p{N}]+/gu;
const COMPOUND = /\p{Ll}\p{Lu}/u;
