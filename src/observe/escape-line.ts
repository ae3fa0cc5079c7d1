/**
 * Text as it may stand in one line of a log that people read: nothing in it begins a line of its own, moves the cursor, colours the terminal
 * or turns the reading direction.
 */
export function escapeLine(text: string): string {
  return UNSAFE.test(text) ? text.replace(EACH_UNSAFE, escapeCharacter) : text;
}

// C0 and C1 controls, DEL, line and paragraph separators, bidirectional marks, byte order mark.
const CLASS = '[\\u0000-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff]';
const UNSAFE = new RegExp(CLASS);
const EACH_UNSAFE = new RegExp(CLASS, 'g');

function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
