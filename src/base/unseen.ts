/** Characters that nobody sees and that change what is seen: terminal sequences, direction overrides, tags that hide instructions. */

/** All but line ends, tabs, the joiners that scripts and emoji need, and the Arabic signs that are seen. */
export const UNSEEN = /(?![\t\n\r\u200c\u0600-\u0605\u06dd]|\u200d)[\p{Cc}\p{Cf}]/gu;

/** With them written out, so that what somebody reads is what there is; a line cannot be drawn over either. */
export function showUnseen(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(/\r/g, writeOut).replaceAll(UNSEEN, writeOut);
}

/** As in JSON, where it means the same. */
function writeOut(character: string): string {
  return Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
}
