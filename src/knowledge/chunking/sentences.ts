/** Groups of whole sentences. */
import type { Ruler } from './ruler.js';
import { isSpace, skipSpace, trimEnd } from './spaces.js';
import { type Range, type WindowLimits, windowRanges } from './windows.js';

export interface SentenceLimits extends WindowLimits {
  readonly sentencesPerChunk: number;
}

export function sentenceRanges(text: string, ruler: Ruler, limits: SentenceLimits): readonly Range[] {
  const sentences = findSentences(text).flatMap((sentence) => splitOverlong(text, ruler, sentence, limits));
  const ranges: Range[] = [];
  let first = 0;
  while (first < sentences.length) {
    const start = (sentences[first] as Range).start;
    let next = first;
    while (next < sentences.length) {
      const length = ruler.measure(start, (sentences[next] as Range).end);
      if (next > first && length > limits.maxSize) break;
      next += 1;
      if (next - first >= limits.sentencesPerChunk && length >= limits.minSize) break;
    }
    ranges.push({ start, end: (sentences[next - 1] as Range).end });
    if (next >= sentences.length) break;
    first = stepBack(sentences, ruler, first, next, limits.overlap);
  }
  const last = ranges.at(-1);
  const before = ranges.at(-2);
  if (last === undefined || before === undefined || ruler.measure(last.start, last.end) >= limits.minSize) return ranges;
  if (ruler.measure(before.start, last.end) > limits.maxSize) return ranges;
  return [...ranges.slice(0, -2), { start: before.start, end: last.end }];
}

/** The overlap repeats whole sentences that fit into it, never the whole group. */
function stepBack(sentences: readonly Range[], ruler: Ruler, first: number, next: number, overlap: number): number {
  const end = (sentences[next - 1] as Range).end;
  let at = next;
  while (at - 1 > first && ruler.measure((sentences[at - 1] as Range).start, end) <= overlap) at -= 1;
  return at;
}

/** A sentence above the maximum is cut like plain text. */
function splitOverlong(text: string, ruler: Ruler, sentence: Range, limits: SentenceLimits): readonly Range[] {
  if (ruler.measure(sentence.start, sentence.end) <= limits.maxSize) return [sentence];
  return windowRanges(text, ruler, { ...limits, size: limits.maxSize, overlap: 0 }, sentence);
}

/**
 * A sentence ends with a mark followed by white space and no small letter ("e.g. this" goes on), with a full-width mark, or before an
 * empty line. One pass: an expression would look at long runs of marks or spaces again and again.
 */
function findSentences(text: string): readonly Range[] {
  const sentences: Range[] = [];
  let start = 0;
  const push = (end: number) => {
    const from = skipSpace(text, start, end);
    const to = trimEnd(text, from, end);
    if (to > from) sentences.push({ start: from, end: to });
    start = end;
  };
  let at = 0;
  while (at < text.length) {
    if (isPlain(text.charCodeAt(at))) {
      at += 1;
      continue;
    }
    const sign = text.charAt(at);
    if (ENDS.has(sign) || WIDE_ENDS.has(sign)) {
      const isWide = WIDE_ENDS.has(sign);
      const marks = isWide ? WIDE_ENDS : ENDS;
      const closers = isWide ? WIDE_CLOSERS : CLOSERS;
      while (at < text.length && marks.has(text.charAt(at))) at += 1;
      while (at < text.length && closers.has(text.charAt(at))) at += 1;
      const behind = skipSpace(text, at, text.length);
      if (isWide || behind === text.length || (behind > at && !SMALL_LETTER.test(text.charAt(behind)))) push(at);
      // Space was looked at already; an empty line in it ends the sentence whatever comes behind.
      else if (hasEmptyLine(text, at, behind)) push(at);
      at = Math.max(at, behind);
    } else if (isSpace(text, at)) {
      const behind = skipSpace(text, at, text.length);
      if (hasEmptyLine(text, at, behind)) push(at);
      at = behind;
    } else at += 1;
  }
  push(text.length);
  return sentences;
}

/** Neither white space nor a mark, by ranges of their codes: most signs of most texts. */
function isPlain(code: number): boolean {
  return (code > 63 && code < 0xa0) || (code > 0xa0 && code < 0x2026) || (code > 33 && code < 46) || (code > 46 && code < 63);
}

function hasEmptyLine(text: string, from: number, to: number): boolean {
  let lineEnds = 0;
  for (let at = from; at < to && lineEnds < 2; at++) if (text.charCodeAt(at) === 10) lineEnds += 1;
  return lineEnds === 2;
}

const ENDS: ReadonlySet<string> = new Set('.!?…');
const CLOSERS: ReadonlySet<string> = new Set('"\'”’)]');
const WIDE_ENDS: ReadonlySet<string> = new Set('。！？');
const WIDE_CLOSERS: ReadonlySet<string> = new Set('」』”’）');
const SMALL_LETTER = /\p{Ll}/u;
