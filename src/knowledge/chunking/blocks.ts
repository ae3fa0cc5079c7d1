/** Blocks that belong together (a paragraph, a table, a function) → chunks that cut none of them without need. */
import type { Ruler } from './ruler.js';
import { DEFAULT_SEPARATORS, splitAtSeparators } from './separators.js';
import { isBreak, skipSpace, wholeSign } from './spaces.js';
import type { Range, WindowLimits } from './windows.js';

export interface Block extends Range {
  /** Something new begins here: a section, a definition. */
  readonly opens: boolean;
  /** Only names what follows, so does not stand alone. */
  readonly isHead?: boolean;
}

export function packBlocks(text: string, ruler: Ruler, limits: WindowLimits, blocks: readonly Block[]): readonly Range[] {
  const { size, minSize, maxSize } = limits;
  const ranges: Range[] = [];
  const opened = new Set<number>();
  let current: Range | undefined;
  let isHead = false;
  for (const block of blocks) {
    if (current !== undefined) {
      const isShort: boolean = isHead || ruler.measure(current.start, current.end) < minSize;
      const joined = ruler.measure(current.start, block.end);
      isHead &&= block.isHead === true;
      if (!(block.opens && !isShort) && joined <= (isShort ? maxSize : size)) {
        current = { start: current.start, end: block.end };
        continue;
      }
      if (isShort) {
        // What is too short to stand alone goes with the beginning of what is too long to stay whole.
        current = splitAndKeepLast(text, ruler, limits, { start: current.start, end: block.end }, ranges);
        continue;
      }
      ranges.push(current);
    }
    isHead = block.isHead === true;
    if (block.opens) opened.add(block.start);
    current = splitAndKeepLast(text, ruler, limits, block, ranges);
  }
  if (current !== undefined) ranges.push(current);
  return withOverlap(text, ruler, limits, joinShort(ruler, limits, ranges), opened);
}

/** A block up to `maxSize` stays whole. @returns the last piece, which may still grow. */
function splitAndKeepLast(text: string, ruler: Ruler, limits: WindowLimits, block: Range, ranges: Range[]): Range | undefined {
  if (ruler.measure(block.start, block.end) <= limits.maxSize) return { start: block.start, end: block.end };
  const pieces = splitAtSeparators(text, ruler, limits, DEFAULT_SEPARATORS, block);
  for (const piece of pieces.slice(0, -1)) ranges.push(piece);
  return pieces.at(-1);
}

/** Ranges below `minSize` join the next one, else the one before, where `maxSize` lets them. */
export function joinShort(ruler: Ruler, { minSize, maxSize }: WindowLimits, ranges: readonly Range[]): readonly Range[] {
  const joined: Range[] = [];
  const isShort = ({ start, end }: Range) => ruler.measure(start, end) < minSize;
  const joinLast = () => {
    const last = joined.at(-1);
    const before = joined.at(-2);
    if (last === undefined || before === undefined || !isShort(last) || ruler.measure(before.start, last.end) > maxSize) return;
    joined.splice(-2, 2, { start: before.start, end: last.end });
  };
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last !== undefined && isShort(last) && ruler.measure(last.start, range.end) <= maxSize) {
      joined.splice(-1, 1, { start: last.start, end: range.end });
      continue;
    }
    joinLast();
    joined.push(range);
  }
  joinLast();
  return joined;
}

/** Each range but those where something new begins repeats the end of the one before it, from the beginning of a word. */
export function withOverlap(
  text: string,
  ruler: Ruler,
  { overlap, maxSize, preserveWords }: WindowLimits,
  ranges: readonly Range[],
  opened: ReadonlySet<number> = new Set(),
): readonly Range[] {
  if (overlap === 0) return ranges;
  return ranges.map((range, index) => {
    const before = ranges[index - 1];
    if (before === undefined || opened.has(range.start)) return range;
    let start = Math.max(before.start + 1, ruler.back(before.end, overlap), ruler.back(range.end, maxSize));
    if (preserveWords) while (start < before.end && !isBreak(text, start)) start += 1;
    start = skipSpace(text, start, range.start);
    const whole = wholeSign(text, before.start, start);
    start = ruler.measure(whole, range.end) <= maxSize ? whole : whole + 2;
    return start < range.start ? { start, end: range.end } : range;
  });
}
