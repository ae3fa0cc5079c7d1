/** Pieces of text on a page → lines and paragraphs. */
import { trimLineEnds } from '../../base/trim.js';

interface Piece {
  readonly str: string;
  readonly hasEOL: boolean;
  readonly height: number;
  /** A matrix; its last two members are where the piece stands. */
  readonly transform: readonly number[];
}

export function joinPageText(items: readonly (Piece | object)[]): string {
  const parts: string[] = [];
  let line: { readonly y: number; readonly height: number } | undefined;
  let endsLine = false;
  for (const item of items) {
    if (!('str' in item)) continue;
    const { str, hasEOL, height, transform } = item;
    const y = transform[5] ?? 0;
    if (str.trim() !== '') {
      // More room than between lines: a paragraph ends.
      if (endsLine && line !== undefined && Math.abs(line.y - y) > PARAGRAPH_GAP * Math.max(line.height, height)) parts.push('\n');
      endsLine = false;
      line = { y, height: height || (line?.height ?? 0) };
    }
    parts.push(str);
    if (hasEOL) {
      parts.push('\n');
      endsLine = true;
    }
  }
  return trimLineEnds(parts.join('').replaceAll('\u0000', ' '))
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** In heights of a line. */
const PARAGRAPH_GAP = 1.8;
