/** The words that a message is found by. */
import { wordsOf } from '../../base/words.js';

/** Different words in the order of their first appearance, at most `MAX_WORDS`. */
export function splitWords(text: string): readonly string[] {
  const words = new Set<string>();
  for (const word of wordsOf(text.slice(0, MAX_CHARACTERS))) {
    words.add(PREFIX + word.slice(0, MAX_LENGTH));
    if (words.size >= MAX_WORDS) break;
  }
  return [...words];
}

/** No database takes a word with it for one of those that it leaves out, or for too short. */
const PREFIX = 'xx';
const MAX_LENGTH = 60;
/** What a model or a person wrote in one message; more is a paste, of which the beginning must do. */
const MAX_CHARACTERS = 40_000;
const MAX_WORDS = 2_000;
