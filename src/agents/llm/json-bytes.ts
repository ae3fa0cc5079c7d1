/** What a text takes as JSON, in bytes: that is how the log keeps it. */
export function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

/** The longest beginning, nearly, that takes at most `maxBytes` as JSON; never half of a character that takes two places. */
export function cutToJsonBytes(text: string, maxBytes: number): string {
  // A character takes at least one byte and at most six.
  if (text.length * 6 <= maxBytes) return text;
  let cut = text.slice(0, maxBytes);
  for (let bytes = jsonBytes(cut); bytes > maxBytes; bytes = jsonBytes(cut))
    cut = cut.slice(0, Math.floor((cut.length * maxBytes) / bytes));
  return cut.length === text.length ? text : cut.replace(/[\ud800-\udbff]$/, '');
}

/** What the calls of one answer may have together, as a multiple of what one may have: they are one message of the session. */
export const ANSWER_FACTOR = 4;
