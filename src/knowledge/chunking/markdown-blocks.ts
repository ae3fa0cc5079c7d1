/** Markdown → blocks: headings open, fenced code and tables hold together, the rest by paragraphs. */
import type { Block } from './blocks.js';
import { trimEnd } from './spaces.js';

export function markdownBlocks(text: string): readonly Block[] {
  const blocks: Block[] = [];
  let start = -1;
  let fence = '';
  let kind: 'text' | 'fence' | 'table' = 'text';
  const close = (end: number) => {
    const to = start === -1 ? -1 : trimEnd(text, start, end);
    if (to > start) blocks.push({ start, end: to, opens: false });
    start = -1;
    kind = 'text';
  };
  let at = 0;
  while (at < text.length) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(at, Math.min(end, at + MAX_LOOKED_AT));
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== '') {
      if (mark?.startsWith(fence) === true && line.trim() === mark) {
        fence = '';
        close(end);
      }
    } else if (mark !== undefined) {
      close(at);
      start = at;
      kind = 'fence';
      fence = mark;
    } else if (line.trim() === '') {
      close(at);
    } else if (/^ {0,3}#{1,6}(?:[ \t]|$)/.test(line)) {
      close(at);
      blocks.push({ start: at, end, opens: true, isHead: true });
    } else if (/^ {0,3}(?:=+|-{2,})[ \t]*$/.test(line) && start !== -1 && kind === 'text') {
      // A line underlined: what came before in the paragraph is the heading.
      blocks.push({ start, end, opens: true, isHead: true });
      start = -1;
    } else {
      const isRow = /^[ \t]*\|/.test(line);
      if (isRow !== (kind === 'table')) close(at);
      if (start === -1) {
        start = at;
        kind = isRow ? 'table' : 'text';
      }
    }
    at = end + 1;
  }
  close(text.length);
  return blocks;
}

/** Of a longer line, the beginning says what it is. */
const MAX_LOOKED_AT = 1_000;
