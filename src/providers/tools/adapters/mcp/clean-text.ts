/** Text of a server's, on its way to models, logs and people. */

/**
 * Without what nobody sees and only machines act upon: control characters (terminal sequences too), direction overrides, and the tag
 * characters in which instructions can be hidden from people.
 */
export function cleanText(text: string, maxLength: number): string {
  const clean = wellFormed(text.replaceAll(UNSEEN, ''));
  return clean.length <= maxLength ? clean : `${wellFormed(clean.slice(0, maxLength))}… [cut from ${clean.length} characters]`;
}

/** Half a surrogate pair is no text that could be stored or sent. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

/** One line for logs and messages. */
export function cleanLine(text: string, maxLength = 500): string {
  return cleanText(text.slice(0, maxLength * 4), maxLength)
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** All but line ends, tabs, the joiners that scripts and emoji need, and the Arabic signs that are seen. */
const UNSEEN = /(?![\t\n\r\u200c\u0600-\u0605\u06dd]|\u200d)[\p{Cc}\p{Cf}]/gu;
