/** Text of a server's, on its way to models, logs and people. */
import { UNSEEN } from '../../../../base/unseen.js';

/** Without what nobody sees and only machines act upon. */
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
