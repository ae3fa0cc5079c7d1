/**
 * Tokens of a text by its words: each is counted once for a thread's life, so that a text costs time in proportion to its length,
 * and words beside each other are taken as the sum of both.
 */
import type { Ruler } from './ruler.js';

export type CountTokens = (text: string) => number;

export function createTokenRuler(text: string, countTokens: CountTokens): Ruler {
  const starts: number[] = [];
  /** Tokens before each of `starts`. */
  const before: number[] = [];
  let total = 0;
  const add = (at: number, piece: string) => {
    const tokens = countPiece(piece, countTokens);
    if (tokens > MAX_STEP_TOKENS && piece.length > 2) {
      const half = isHighSurrogate(piece, piece.length >> 1) ? (piece.length >> 1) + 1 : piece.length >> 1;
      add(at, piece.slice(0, half));
      add(at + half, piece.slice(half));
      return;
    }
    starts.push(at);
    before.push(total);
    total += tokens;
  };
  for (const { index, 0: piece } of text.matchAll(PIECE)) add(index, piece);
  starts.push(text.length);
  before.push(total);

  const tokensBefore = (step: number) => before[step] as number;
  const offset = (step: number) => starts[step] as number;
  /** The last step that begins at or before the offset. */
  const stepAt = (at: number) => lastAtMost(starts, at);
  /** The first step that begins at or behind the offset. */
  const stepBehind = (at: number) => {
    const step = stepAt(at);
    return offset(step) < at ? Math.min(step + 1, starts.length - 1) : step;
  };
  return {
    measure: (start, end) => (end <= start ? 0 : tokensBefore(stepBehind(end)) - tokensBefore(stepAt(start))),
    forward(start, size) {
      const first = stepAt(start);
      return offset(Math.max(Math.min(first + 1, starts.length - 1), lastAtMost(before, tokensBefore(first) + size)));
    },
    back(end, size) {
      const last = stepBehind(end);
      const wanted = tokensBefore(last) - size;
      const step = lastAtMost(before, wanted);
      return wanted <= 0 ? 0 : Math.min(end, offset(tokensBefore(step) < wanted ? step + 1 : step));
    },
  };
}

function countPiece(piece: string, countTokens: CountTokens): number {
  // A space belongs to the token of the word behind it.
  if (piece === ' ') return 0;
  let tokens = counted.get(piece);
  if (tokens === undefined) {
    tokens = countTokens(piece);
    if (counted.size >= MAX_COUNTED) counted.clear();
    counted.set(piece, tokens);
  }
  return tokens;
}

/** The last index whose value is at most `wanted`, in a list that never falls; 0 when none is. */
function lastAtMost(sorted: readonly number[], wanted: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((sorted[middle] as number) <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}

function isHighSurrogate(text: string, before: number): boolean {
  const code = text.charCodeAt(before - 1);
  return code >= 0xd800 && code <= 0xdbff;
}

/** One tokenizer per thread, so one table. Full, it starts anew. */
const counted = new Map<string, number>();
const MAX_COUNTED = 100_000;
/** No smaller `max_size` is possible, as nothing is cut finer than this. */
export const MAX_STEP_TOKENS = 16;
const PIECE = /\s{1,32}|[\p{L}\p{M}\p{N}_]{1,32}|[^\s\p{L}\p{M}\p{N}_]{1,16}/gu;
