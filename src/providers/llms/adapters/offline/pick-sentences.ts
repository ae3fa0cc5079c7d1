/** Which sentences of the passages answer the question best: lexical, deterministic. */

import { trimEndOf } from '../../../../base/trim.js';
import type { Passage } from '../../context-block.js';
import { contentWords } from './words.js';

export interface PickedSentence {
  readonly passage: Passage;
  readonly text: string;
  readonly score: number;
}

interface Candidate extends PickedSentence {
  readonly order: number;
}

/**
 * The best sentences, in reading order; none when no passage shares a content word with the question.
 * A word counts by its rarity among the passages; the words of the title and the nearest heading count half
 * for every sentence below them.
 */
export function pickSentences(question: string, passages: readonly Passage[], limit = MAX_SENTENCES): readonly PickedSentence[] {
  const wanted = [...new Set(contentWords(question))];
  if (wanted.length === 0) return [];
  const weight = inverseFrequency(passages);
  const total = wanted.reduce((sum, word) => sum + weight(word), 0);
  const candidates: Candidate[] = [];
  passages.forEach((passage, rank) => {
    for (const { text, heading } of splitSentences(passage.content)) {
      const words = new Set(contentWords(text));
      const headWords = new Set(contentWords(`${passage.title} ${heading} ${passage.sourcePath.replace(/\.\w+$/, '')}`));
      let score = 0;
      for (const word of wanted) score += words.has(word) ? weight(word) : headWords.has(word) ? weight(word) / 2 : 0;
      // Long sentences match by accident; earlier passages were nearer to the question.
      const shape = 1 / (1 + Math.max(0, words.size - 25) / 50) / (1 + rank / 50);
      if (score > 0) candidates.push({ passage, text, score: (score / total) * shape, order: candidates.length });
    }
  });
  candidates.sort((a, b) => b.score - a.score || a.order - b.order);
  const best = candidates[0];
  if (best === undefined || best.score < MIN_SCORE) return [];
  const chosen: Candidate[] = [];
  for (const candidate of candidates) {
    if (chosen.length >= limit || candidate.score < best.score * RELATIVE_CUT) break;
    if (!chosen.some((other) => other.text === candidate.text)) chosen.push(candidate);
  }
  // The best passage speaks first; within one the text keeps its order.
  const rankOf = new Map<Passage, number>();
  for (const { passage } of chosen) if (!rankOf.has(passage)) rankOf.set(passage, rankOf.size);
  return chosen.sort((a, b) => (rankOf.get(a.passage) as number) - (rankOf.get(b.passage) as number) || a.order - b.order);
}

/** Sentences of a text with the Markdown heading above each; headings and rules are no sentences. */
function splitSentences(content: string): readonly { readonly text: string; readonly heading: string }[] {
  const sentences: { text: string; heading: string }[] = [];
  let heading = '';
  for (const block of content.split(/\n\s*\n|\n(?=\s*(?:[-*+]|\d+[.)]|#{1,6})\s)/)) {
    const [headingLine = '', ...below] = block.trimStart().split('\n');
    const signs = /^#{1,6}(?=[ \t])/.exec(headingLine)?.[0];
    const name = signs === undefined ? undefined : headingLine.slice(signs.length);
    if (name !== undefined) heading = trimEndOf(trimEndOf(name.trim(), '#').trim(), '#');
    const body = (name === undefined ? block : below.join('\n')).replace(/^\s*(?:[-*+]|\d+[.)]|>)\s+/, '');
    const text = body
      .replace(/[*_`]{1,3}(\S(?:.{0,200}?\S)?)[*_`]{1,3}/g, '$1')
      .replace(/\s+/g, ' ')
      .trim();
    if (text === '') continue;
    for (const sentence of text.split(/(?<=[.!?…])\s+(?=[\p{Lu}\p{N}"'(„«])/u)) {
      if (/[\p{L}\p{N}]/u.test(sentence)) sentences.push({ text: sentence.trim(), heading });
    }
  }
  return sentences;
}

function inverseFrequency(passages: readonly Passage[]): (word: string) => number {
  const frequency = new Map<string, number>();
  for (const passage of passages) {
    for (const word of new Set(contentWords(`${passage.title} ${passage.content}`))) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  }
  return (word) => Math.log(1 + (passages.length + 1) / (Math.max(1, frequency.get(word) ?? 0) + 0.5));
}

const MAX_SENTENCES = 3;
/** Share of the question's weight that the best sentence must carry. */
const MIN_SCORE = 0.2;
/** Sentences that score below this share of the best one stay out. */
const RELATIVE_CUT = 0.6;
