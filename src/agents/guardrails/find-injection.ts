/** GRD-04 */
import type { Expression } from '../../base/linear-expression/compile-expression.js';
import { type Span, searchExpression } from '../../base/linear-expression/search-expression.js';
import { type InjectionGroup, MARKERS, PHRASES } from './injection-groups.js';
import { type PlainText, toPlainText } from './plain-text.js';

export interface InjectionFound extends Span {
  /** What is built in, or `patterns`. */
  readonly group: InjectionGroup | 'patterns';
}

/** @param own expressions of the configuration, looked for in the text as it is written and as it reads. */
export function findInjections(text: string, own: Expression | undefined): readonly InjectionFound[] {
  const plain = toPlainText(text);
  const found: InjectionFound[] = [...findPhrases(plain.text).map((one) => ({ ...one, ...toOriginal(one, plain) }))];
  const mark = (spans: readonly Span[], group: InjectionFound['group']) => found.push(...spans.map((span) => ({ ...span, group })));
  for (const marker of MARKERS) mark(spansOf(marker, text), 'hidden markers');
  mark(findHiddenTags(text), 'hidden markers');
  mark(findEncoded(text), 'hidden markers');
  if (own === undefined) return found;
  mark(searchExpression(own, text).spans, 'patterns');
  mark(
    searchExpression(own, plain.text).spans.map((span) => toOriginal(span, plain)),
    'patterns',
  );
  return found;
}

function findPhrases(plain: string): readonly InjectionFound[] {
  return (Object.keys(PHRASES) as (keyof typeof PHRASES)[]).flatMap((group) =>
    PHRASES[group].flatMap((phrase) => spansOf(phrase, plain).map((span) => ({ ...span, group }))),
  );
}

/** Characters that copy ASCII and are shown to nobody; flags are written with a few of them. */
function findHiddenTags(text: string): readonly Span[] {
  return spansOf(HIDDEN_TAGS, text).filter(({ start }) => text.slice(Math.max(0, start - 2), start) !== BLACK_FLAG);
}

/** Base64 that says, once it is read, what may not be said. */
function findEncoded(text: string): readonly Span[] {
  const found = spansOf(BASE64, text).flatMap((span) => {
    const read = Buffer.from(text.slice(span.start, span.end), 'base64').toString('utf8');
    const unreadable = read.match(UNREADABLE)?.length ?? 0;
    return read.length >= MIN_DECODED && unreadable * 10 <= read.length ? [{ span, read }] : [];
  });
  // All at once, as a text may have thousands.
  if (!isInjection(found.map(({ read }) => read).join('\n\n'))) return [];
  return found.filter(({ read }) => isInjection(read)).map(({ span }) => span);
}

function isInjection(text: string): boolean {
  return findPhrases(toPlainText(text).text).length > 0 || MARKERS.some((marker) => spansOf(marker, text).length > 0);
}

function spansOf(expression: RegExp, text: string): readonly Span[] {
  return Array.from(text.matchAll(expression), (match) => ({ start: match.index, end: match.index + match[0].length }));
}

function toOriginal({ start, end }: Span, { placeOf }: PlainText): Span {
  return { start: placeOf(start), end: placeOf(end) };
}

const HIDDEN_TAGS = /[\u{e0020}-\u{e007e}]{3,}/gu;
const BLACK_FLAG = '\u{1f3f4}';
const BASE64 = /[A-Za-z0-9+/_-]{20,}/g;
const UNREADABLE = /[\p{Cc}\p{Cn}\p{Co}\ufffd]/gu;
const MIN_DECODED = 12;
