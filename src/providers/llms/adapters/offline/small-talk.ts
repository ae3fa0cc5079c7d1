import { contentWords } from './words.js';

/** Greetings and thanks: nothing to look for. */
export function isSmallTalk(message: string): boolean {
  return contentWords(message).every((word) => GREETINGS.has(word));
}

const GREETINGS: ReadonlySet<string> = new Set([
  'hello',
  'hi',
  'hey',
  'hallo',
  'good',
  'morn',
  'day',
  'even',
  'thank',
  'bye',
  'moin',
  'servu',
  'test',
  'gut',
  'tag',
]);
