/** Cuts at the first separator there is, and what is still too long at the next ones. */
import type { Ruler } from './ruler.js';
import { skipSpace, trimEnd } from './spaces.js';
import { type Range, type WindowLimits, windowRanges } from './windows.js';

/** Pieces of at most `limits.size`, merged as far as they come from the same cut; '' = between words. */
export function splitAtSeparators(
  text: string,
  ruler: Ruler,
  limits: WindowLimits,
  separators: readonly string[],
  within: Range,
): readonly Range[] {
  const start = skipSpace(text, within.start, within.end);
  const end = trimEnd(text, start, within.end);
  if (start >= end) return [];
  if (ruler.measure(start, end) <= limits.size) return [{ start, end }];
  // A slice, so that looking for what is not there ends with the range.
  const part = text.slice(start, end);
  const used = separators.findIndex((separator) => separator === '' || part.includes(separator));
  const separator = separators[used] ?? '';
  if (separator === '') return windowRanges(text, ruler, { ...limits, overlap: 0 }, { start, end });
  const rest = separators.slice(used + 1);
  const ranges: Range[] = [];
  let current: Range | undefined;
  // White space at the end will be cut off.
  const fits = (from: number, piece: Range) => ruler.measure(from, trimEnd(text, piece.start, piece.end)) <= limits.size;
  for (const piece of pieces(part, separator, start)) {
    if (current !== undefined && fits(current.start, piece)) {
      current = { start: current.start, end: piece.end };
      continue;
    }
    if (current !== undefined) ranges.push(current);
    current = undefined;
    if (fits(piece.start, piece)) current = piece;
    else for (const range of splitAtSeparators(text, ruler, limits, rest, piece)) ranges.push(range);
  }
  if (current !== undefined) ranges.push(current);
  return ranges.flatMap((range) => trimRange(text, range));
}

export function trimRange(text: string, { start, end }: Range): readonly Range[] {
  const from = skipSpace(text, start, end);
  const to = trimEnd(text, from, end);
  return to > from ? [{ start: from, end: to }] : [];
}

/** Each with the separator at its end. */
function* pieces(part: string, separator: string, offset: number): Generator<Range> {
  let from = 0;
  for (let at = part.indexOf(separator); at !== -1; at = part.indexOf(separator, from)) {
    yield { start: offset + from, end: offset + at + separator.length };
    from = at + separator.length;
  }
  if (from < part.length) yield { start: offset + from, end: offset + part.length };
}

/** Paragraphs, lines, sentences, words. */
export const DEFAULT_SEPARATORS: readonly string[] = ['\n\n', '\n', '. ', '! ', '? ', '。', ' ', ''];
