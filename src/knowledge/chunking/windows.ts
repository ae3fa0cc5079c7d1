/** Windows of a wanted size over a text, cut between words where there is a place to cut. */
import type { Ruler } from './ruler.js';
import { isBreak, skipSpace, trimEnd, wholeSign } from './spaces.js';

/** Half-open range of UTF-16 offsets. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Sizes in the ruler's unit. */
export interface WindowLimits {
  /** Wanted. */
  readonly size: number;
  readonly minSize: number;
  readonly maxSize: number;
  /** What the next window repeats of one. */
  readonly overlap: number;
  readonly preserveWords: boolean;
}

/** @param within the part of the text to cut; default: all. */
export function windowRanges(text: string, ruler: Ruler, limits: WindowLimits, within?: Range): readonly Range[] {
  const ranges: Range[] = [];
  const textEnd = trimEnd(text, within?.start ?? 0, within?.end ?? text.length);
  let start = skipSpace(text, within?.start ?? 0, textEnd);
  while (start < textEnd) {
    const end = windowEnd(text, ruler, start, textEnd, limits);
    ranges.push({ start, end: trimEnd(text, start, end) });
    if (end >= textEnd) break;
    start = nextStart(text, ruler, start, end, limits);
  }
  return joinShortEnd(text, ruler, ranges, limits);
}

/** Where the window that starts at `start` ends; always beyond `start`. */
function windowEnd(text: string, ruler: Ruler, start: number, textEnd: number, limits: WindowLimits): number {
  const { size, minSize, maxSize, preserveWords } = limits;
  const wanted = ruler.forward(start, size);
  if (wanted >= textEnd) return textEnd;
  if (!preserveWords) return wholeSign(text, start, wanted);
  const earliest = ruler.forward(start, Math.max(1, Math.min(minSize, size)));
  for (let at = wanted; at >= earliest; at--) if (isBreak(text, at)) return at;
  const latest = Math.min(ruler.forward(start, maxSize), textEnd);
  for (let at = wanted + 1; at <= latest; at++) if (at === textEnd || isBreak(text, at)) return at;
  // One word fills the window: it is cut where the wanted size ends (W-77).
  return wholeSign(text, start, wanted);
}

/** Steps back by the overlap to the beginning of a word, but always moves on. */
function nextStart(text: string, ruler: Ruler, start: number, end: number, { overlap, preserveWords }: WindowLimits): number {
  let next = overlap === 0 ? end : Math.max(start + 1, ruler.back(end, overlap));
  if (preserveWords && next < end) while (next < end && !isBreak(text, next)) next += 1;
  next = skipSpace(text, next, text.length);
  return Math.max(wholeSign(text, start, next), start + 1);
}

/** A last window below `minSize` joins the one before it, or takes from it when both are too long together. */
function joinShortEnd(text: string, ruler: Ruler, ranges: readonly Range[], limits: WindowLimits): readonly Range[] {
  const { minSize, maxSize, preserveWords } = limits;
  const last = ranges.at(-1);
  const before = ranges.at(-2);
  if (last === undefined || before === undefined || ruler.measure(last.start, last.end) >= minSize) return ranges;
  const kept = ranges.slice(0, -2);
  if (ruler.measure(before.start, last.end) <= maxSize) return [...kept, { start: before.start, end: last.end }];
  const latest = wholeSign(text, before.start, ruler.back(last.end, minSize));
  const earliest = Math.max(ruler.forward(before.start, minSize), ruler.back(last.end, maxSize));
  let cut = latest;
  if (preserveWords) {
    while (cut >= earliest && !isBreak(text, cut)) cut -= 1;
    if (cut < earliest) cut = latest;
  }
  const [end, start] = [trimEnd(text, before.start, cut), skipSpace(text, cut, last.end)];
  // A pair or a unit that cannot be cut fine enough leaves them as they are.
  if (end <= before.start || start >= last.end || ruler.measure(start, last.end) > maxSize) return ranges;
  return [...kept, { start: before.start, end }, { start, end: last.end }];
}
