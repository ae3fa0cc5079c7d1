/** Groups of whole sentences. */
import { type Range, skipSpace, trimEnd, type WindowLimits, windowRanges } from './windows.js';

export interface SentenceLimits extends WindowLimits {
  readonly sentencesPerChunk: number;
}

export function sentenceRanges(text: string, limits: SentenceLimits): readonly Range[] {
  const sentences = findSentences(text).flatMap((sentence) => splitOverlong(text, sentence, limits));
  const ranges: Range[] = [];
  let first = 0;
  while (first < sentences.length) {
    const start = (sentences[first] as Range).start;
    let next = first;
    while (next < sentences.length) {
      const length = (sentences[next] as Range).end - start;
      if (next > first && length > limits.maxSize) break;
      next += 1;
      if (next - first >= limits.sentencesPerChunk && length >= limits.minSize) break;
    }
    ranges.push({ start, end: (sentences[next - 1] as Range).end });
    if (next >= sentences.length) break;
    first = stepBack(sentences, first, next, limits.overlap);
  }
  const last = ranges.at(-1);
  const before = ranges.at(-2);
  if (last === undefined || before === undefined || last.end - last.start >= limits.minSize || last.end - before.start > limits.maxSize)
    return ranges;
  return [...ranges.slice(0, -2), { start: before.start, end: last.end }];
}

/** The overlap repeats whole sentences that fit into it, never the whole group. */
function stepBack(sentences: readonly Range[], first: number, next: number, overlap: number): number {
  const end = (sentences[next - 1] as Range).end;
  let at = next;
  while (at - 1 > first && end - (sentences[at - 1] as Range).start <= overlap) at -= 1;
  return at;
}

/** A sentence above the maximum is cut like plain text. */
function splitOverlong(text: string, sentence: Range, limits: SentenceLimits): readonly Range[] {
  if (sentence.end - sentence.start <= limits.maxSize) return [sentence];
  const inner = windowRanges(text.slice(sentence.start, sentence.end), { ...limits, size: limits.maxSize, overlap: 0 });
  return inner.map(({ start, end }) => ({ start: sentence.start + start, end: sentence.start + end }));
}

function findSentences(text: string): readonly Range[] {
  const sentences: Range[] = [];
  let start = 0;
  const push = (end: number) => {
    const from = skipSpace(text, start, end);
    const to = trimEnd(text, from, end);
    if (to > from) sentences.push({ start: from, end: to });
    start = end;
  };
  for (const match of text.matchAll(SENTENCE_END)) push(match.index + match[0].length);
  push(text.length);
  return sentences;
}

/** A mark followed by white space and no small letter ("e.g. this" goes on), a full-width mark, or an empty line. */
const SENTENCE_END = /[.!?…]+["'”’)\]]*(?=\s+(?!\p{Ll}))|[。！？]+[」』”’）]*|\n[ \t]*(?=\n)/gu;
