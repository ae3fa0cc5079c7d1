/** Text and code → blocks, by the landmarks that the extractor found and by empty lines. */
import type { Landmark } from '../landmark.js';
import type { Block } from './blocks.js';
import { skipSpace, trimEnd } from './spaces.js';

/** Paragraphs; headings and definitions open. Of nested definitions the outermost, the others only begin a block. */
export function structureBlocks(text: string, landmarks: readonly Landmark[]): readonly Block[] {
  const cuts = new Map<number, boolean>();
  let outerEnd = 0;
  for (const landmark of landmarks) {
    if (landmark.type === 'page') continue;
    if (landmark.type === 'heading') cuts.set(landmark.at, true);
    else {
      const isOuter = landmark.at >= outerEnd;
      if (isOuter) outerEnd = landmark.end;
      const at = commentsAbove(text, landmark.at);
      cuts.set(at, (cuts.get(at) ?? false) || isOuter);
    }
  }
  const blocks: Block[] = [];
  let start = -1;
  let opens = false;
  const close = (end: number) => {
    const to = start === -1 ? -1 : trimEnd(text, start, end);
    if (to > start) blocks.push({ start, end: to, opens });
    start = -1;
    opens = false;
  };
  let at = 0;
  while (at < text.length) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline;
    const cut = cuts.get(at);
    const isEmpty = skipSpace(text, at, end) === end;
    if (cut !== undefined || isEmpty) close(at);
    if (cut !== undefined) opens = cut;
    if (!isEmpty && start === -1) start = at;
    at = end + 1;
  }
  close(text.length);
  return blocks;
}

/** The first of the comments and annotations that stand right above a definition. */
function commentsAbove(text: string, at: number): number {
  let first = at;
  for (let lines = 0; lines < MAX_COMMENT_LINES && first > 0; lines++) {
    const from = text.lastIndexOf('\n', first - 2) + 1;
    if (!/^[ \t]*(?:\/\/|\/\*|\*|#|--|@|;)/.test(text.slice(from, Math.min(first - 1, from + 200)))) break;
    first = from;
  }
  return first;
}

const MAX_COMMENT_LINES = 50;
