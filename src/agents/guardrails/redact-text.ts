/** A text with what rules have found in it replaced: pure, and the same whether the text comes as a whole or in pieces (`text-window.ts`). */
import type { Span } from '../../base/linear-expression/search-expression.js';
import type { TextRule, Violation } from './text-rule.js';

export interface Found extends Span {
  readonly rule: TextRule;
}

/** A part of the result, and where it came from. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly isReplaced: boolean;
}

export interface Redacted {
  /** As many as were given. */
  readonly texts: readonly string[];
  readonly violations: readonly Violation[];
  readonly isBlocked: boolean;
}

/**
 * Texts that are shown one behind the other: what is found may begin in one and end in another.
 *
 * @param isFailFast the first rule that blocks is the last that is asked.
 * @param isCut the text goes on where nobody sees it: what may have begun at its end is left out.
 */
export function redactTexts(
  texts: readonly string[],
  rules: readonly TextRule[],
  { isFailFast = false, isCut = false }: { readonly isFailFast?: boolean; readonly isCut?: boolean } = {},
): Redacted {
  const text = texts.join('');
  const violations: Violation[] = [];
  const found: Found[] = [];
  let end = text.length;
  let isBlocked = false;
  for (const rule of rules) {
    const { spans, openFrom } = rule.detect(text, { isOpen: isCut });
    if (isCut && changesText(rule)) end = Math.min(end, openFrom);
    if (spans.length === 0) continue;
    const { name, action, severity } = rule;
    violations.push({ rule: name, action, severity });
    if (action === 'block') isBlocked = true;
    if (action === 'modify') found.push(...spans.map((span) => ({ ...span, rule })));
    if (isBlocked && isFailFast) break;
  }
  if (found.length === 0 && end === text.length) return { texts, violations, isBlocked };
  return { texts: splitAt(renderPieces(text, found, { from: 0, to: decidedUpTo(found, end) }), texts), violations, isBlocked };
}

/** Whether what it finds must not be seen. */
export function changesText({ action }: Pick<TextRule, 'action'>): boolean {
  return action === 'modify' || action === 'block';
}

/** The last place up to which nothing that was found is cut in two. */
export function decidedUpTo(found: readonly Span[], wanted: number): number {
  let end = wanted;
  for (let isMoved = true; isMoved; ) {
    isMoved = false;
    for (const span of found)
      if (span.start < end && end < span.end) {
        end = span.start;
        isMoved = true;
      }
  }
  return end;
}

/** Of what overlaps, each that reaches further than those before it is told. */
export function renderPieces(
  text: string,
  found: readonly Found[],
  { from, to }: { readonly from: number; readonly to: number },
): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = from;
  for (const { start, end, rule } of [...found].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (end > to || end <= at) continue;
    if (start > at) pieces.push({ start: at, end: start, text: text.slice(at, start), isReplaced: false });
    pieces.push({ start: Math.max(start, at), end, text: rule.replace(text.slice(start, end)), isReplaced: true });
    at = end;
  }
  if (at < to) pieces.push({ start: at, end: to, text: text.slice(at, to), isReplaced: false });
  return pieces;
}

/** What replaces something belongs to the text where that began. */
function splitAt(pieces: readonly Piece[], texts: readonly string[]): readonly string[] {
  let start = 0;
  return texts.map((text) => {
    const [from, to] = [start, start + text.length];
    start = to;
    return pieces
      .map((piece) => {
        if (piece.isReplaced) return piece.start >= from && piece.start < to ? piece.text : '';
        return piece.text.slice(Math.max(0, from - piece.start), Math.max(0, to - piece.start));
      })
      .join('');
  });
}
