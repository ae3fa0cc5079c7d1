/** Ends of texts without what stands there; each in one pass, where an expression would begin again at every sign of a long run. */

/** Without those of `characters` that it ends with. */
export function trimEndOf(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1] as string)) end -= 1;
  return text.slice(0, end);
}

/** Without blanks and tabs before line ends. */
export function trimLineEnds(text: string): string {
  return text
    .split('\n')
    .map((line, index, lines) => (index === lines.length - 1 ? line : trimEndOf(line, ' \t')))
    .join('\n');
}
