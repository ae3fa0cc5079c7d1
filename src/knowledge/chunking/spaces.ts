/** Where a text may be cut. */

/** Between a word and white space, in either direction. */
export function isBreak(text: string, at: number): boolean {
  return isSpace(text, at - 1) || isSpace(text, at);
}

/** `at`, or one less when it would split a surrogate pair; beyond `start` in any case. */
export function wholeSign(text: string, start: number, at: number): number {
  if (!isLowSurrogate(text, at)) return at;
  return at - 1 > start ? at - 1 : at + 1;
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

function isLowSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  const before = text.charCodeAt(at - 1);
  return code >= 0xdc00 && code <= 0xdfff && before >= 0xd800 && before <= 0xdbff;
}
