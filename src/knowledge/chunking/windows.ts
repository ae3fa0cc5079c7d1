/** Windows of a wanted size over a text, cut between words where there is a place to cut. */

/** Half-open range of UTF-16 offsets. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface WindowLimits {
  /** Wanted length. */
  readonly size: number;
  readonly minSize: number;
  readonly maxSize: number;
  /** Characters of a window that the next one repeats. */
  readonly overlap: number;
  readonly preserveWords: boolean;
}

export function windowRanges(text: string, limits: WindowLimits): readonly Range[] {
  const ranges: Range[] = [];
  const textEnd = trimEnd(text, 0, text.length);
  let start = skipSpace(text, 0, textEnd);
  while (start < textEnd) {
    const end = windowEnd(text, start, textEnd, limits);
    ranges.push({ start, end: trimEnd(text, start, end) });
    if (end >= textEnd) break;
    start = nextStart(text, start, end, limits);
  }
  return joinShortEnd(text, ranges, limits);
}

/** Where the window that starts at `start` ends; always beyond `start`. */
function windowEnd(text: string, start: number, textEnd: number, { size, minSize, maxSize, preserveWords }: WindowLimits): number {
  const wanted = start + size;
  if (wanted >= textEnd) return textEnd;
  if (!preserveWords) return wholeSign(text, start, wanted);
  const earliest = start + Math.max(1, Math.min(minSize, size));
  const back = lastBreak(text, earliest, wanted);
  if (back !== undefined) return back;
  const latest = Math.min(start + maxSize, textEnd);
  for (let at = wanted + 1; at <= latest; at++) if (at === textEnd || isBreak(text, at)) return at;
  // One word fills the window: it is cut where the wanted size ends (W-77).
  return wholeSign(text, start, wanted);
}

/** Steps back by the overlap to the beginning of a word, but always moves on. */
function nextStart(text: string, start: number, end: number, { overlap, preserveWords }: WindowLimits): number {
  let next = overlap === 0 ? end : Math.max(start + 1, end - overlap);
  if (preserveWords && next < end) while (next < end && !isBreak(text, next)) next += 1;
  next = skipSpace(text, next, text.length);
  return isLowSurrogate(text, next) ? next + 1 : Math.max(next, start + 1);
}

/** A last window below `minSize` joins the one before it, or takes from it when both are too long together. */
function joinShortEnd(text: string, ranges: readonly Range[], { minSize, maxSize, preserveWords }: WindowLimits): readonly Range[] {
  const last = ranges.at(-1);
  const before = ranges.at(-2);
  if (last === undefined || before === undefined || last.end - last.start >= minSize) return ranges;
  const kept = ranges.slice(0, -2);
  if (last.end - before.start <= maxSize) return [...kept, { start: before.start, end: last.end }];
  const latest = wholeSign(text, before.start, last.end - minSize);
  const cut = preserveWords ? (lastBreak(text, Math.max(before.start + minSize, last.end - maxSize), latest) ?? latest) : latest;
  return [
    ...kept,
    { start: before.start, end: trimEnd(text, before.start, cut) },
    { start: skipSpace(text, cut, last.end), end: last.end },
  ];
}

function lastBreak(text: string, earliest: number, latest: number): number | undefined {
  for (let at = latest; at >= earliest; at--) if (isBreak(text, at)) return at;
  return undefined;
}

/** Between a word and white space, in either direction. */
function isBreak(text: string, at: number): boolean {
  return isSpace(text, at - 1) || isSpace(text, at);
}

/** `at`, or one less when it would split a surrogate pair; beyond `start` in any case. */
function wholeSign(text: string, start: number, at: number): number {
  if (!isLowSurrogate(text, at)) return at;
  return at - 1 > start ? at - 1 : at + 1;
}

function isLowSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  const before = text.charCodeAt(at - 1);
  return code >= 0xdc00 && code <= 0xdfff && before >= 0xd800 && before <= 0xdbff;
}

export function isSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 32 || (code >= 9 && code <= 13) || code === 0xa0 || code === 0x3000 || code === 0x2028 || code === 0x2029;
}

export function skipSpace(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isSpace(text, at)) at += 1;
  return at;
}

export function trimEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && isSpace(text, at - 1)) at -= 1;
  return at;
}
