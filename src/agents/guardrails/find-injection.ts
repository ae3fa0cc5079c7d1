/** GRD-04 */
import type { Expression } from '../../base/linear-expression/compile-expression.js';
import { type Span, searchExpression } from '../../base/linear-expression/search-expression.js';
import { type InjectionGroup, MARKERS, PHRASES } from './injection-groups.js';
import { type PlainText, readPlainly } from './plain-text.js';

export interface InjectionFound extends Span {
  /** What is built in, or `patterns`. */
  readonly group: InjectionGroup | 'patterns';
}

/** @param own expressions of the configuration, looked for in the text as it is written and as it reads. */
export function findInjections(text: string, own: Expression | undefined): readonly InjectionFound[] {
  const readings = readPlainly(text);
  const found: InjectionFound[] = readings.flatMap((plain) =>
    findPhrases(plain.text).map((one) => ({ ...one, ...toOriginal(one, plain) })),
  );
  const mark = (spans: readonly Span[], group: InjectionFound['group']) => found.push(...spans.map((span) => ({ ...span, group })));
  for (const marker of MARKERS) {
    mark(spansOf(marker, text), 'hidden markers');
    for (const plain of readings)
      mark(
        spansOf(marker, plain.text).map((span) => toOriginal(span, plain)),
        'hidden markers',
      );
  }
  mark(findHiddenTags(text), 'hidden markers');
  mark(findEncoded(text), 'hidden markers');
  if (own === undefined) return found;
  mark(searchExpression(own, text).spans, 'patterns');
  for (const plain of readings)
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

/** Characters that copy ASCII or carry bytes and are shown to nobody; flags of regions are written with a few of them. */
function findHiddenTags(text: string): readonly Span[] {
  const isFlag = ({ start, end }: Span) =>
    text.slice(Math.max(0, start - 2), start) === BLACK_FLAG && REGION.test(text.slice(start, end + 2));
  return spansOf(HIDDEN_TAGS, text).filter((span) => !isFlag(span));
}

/** Base64 that says, once it is read, what may not be said. */
function findEncoded(text: string): readonly Span[] {
  const found = [...spansOf(BASE64, text), ...findWrapped(text)].flatMap((span) => {
    // Texts in UTF-16 have every other byte empty.
    const read = Buffer.from(text.slice(span.start, span.end), 'base64').toString('utf8').replaceAll('\0', '');
    const unreadable = read.match(UNREADABLE)?.length ?? 0;
    return read.length >= MIN_DECODED && unreadable * 10 <= read.length ? [{ span, read }] : [];
  });
  // All at once, as a text may have thousands.
  if (!isInjection(found.map(({ read }) => read).join('\n\n'))) return [];
  return found.filter(({ read }) => isInjection(read)).map(({ span }) => span);
}

/** Lines of one length and a rest, as base64 is written in mails. */
function findWrapped(text: string): readonly Span[] {
  return spansOf(BASE64_LINES, text).flatMap(({ start, end }) => {
    const lines = spansOf(LINE, text.slice(start, end)).map((line) => ({ start: start + line.start, end: start + line.end }));
    const lengthOf = (index: number) => (index < lines.length ? (lines[index] as Span).end - (lines[index] as Span).start : 0);
    const found: Span[] = [];
    for (let first = 0, last = 0; first < lines.length; first = last + 1) {
      for (last = first; lengthOf(last + 1) === lengthOf(first); last += 1);
      if (lengthOf(last + 1) < lengthOf(first)) last = Math.min(last + 1, lines.length - 1);
      if (last > first && lengthOf(first) >= MIN_LINE) found.push({ start: (lines[first] as Span).start, end: (lines[last] as Span).end });
    }
    return found;
  });
}

function isInjection(text: string): boolean {
  return readPlainly(text).some(
    (plain) => findPhrases(plain.text).length > 0 || MARKERS.some((marker) => spansOf(marker, plain.text).length > 0),
  );
}

function spansOf(expression: RegExp, text: string): readonly Span[] {
  return Array.from(text.matchAll(expression), (match) => ({ start: match.index, end: match.index + match[0].length }));
}

function toOriginal({ start, end }: Span, { placeOf }: PlainText): Span {
  return { start: placeOf(start), end: placeOf(end) };
}

const HIDDEN_TAGS = /[\u{e0020}-\u{e007e}]{3,}|[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{4,}/gu;
const BLACK_FLAG = '\u{1f3f4}';
const REGION = /^[\u{e0020}-\u{e007e}]{3,6}\u{e007f}$/u;
const BASE64 = /[A-Za-z0-9+/_-]{20,}/g;
/** Fits wherever it begins, so that nothing is looked at twice. */
const BASE64_LINES = /[A-Za-z0-9+/_-]+(?:\r?\n[A-Za-z0-9+/_-]+)*/g;
const LINE = /[^\r\n]+/g;
const MIN_LINE = 8;
const UNREADABLE = /[\p{Cc}\p{Cn}\p{Co}\ufffd]/gu;
const MIN_DECODED = 12;
