/** Where chunks stand, by the landmarks of their text (RAG-23). */
import type { ChunkPlace } from '../../threads/messages.js';
import type { Landmark } from '../landmark.js';
import type { Range } from './windows.js';

type Heading = Landmark & { readonly type: 'heading' };
type Definition = Landmark & { readonly type: 'function' | 'type' };

/** What holds from `at` until the next one. */
interface Span<T> {
  readonly at: number;
  readonly value: T;
}

/** A chunk stands where its beginning does; one that begins in no definition is named after the first that begins in it. */
export function createPlaceFinder(text: string, landmarks: readonly Landmark[]): (range: Range) => ChunkPlace {
  if (landmarks.length === 0) return () => ({});
  const pages = landmarks.flatMap((one) => (one.type === 'page' ? [{ at: one.at, value: one.number }] : []));
  const sections = sectionSpans(text, landmarks);
  const definitions = landmarks.filter((one): one is Definition => one.type === 'function' || one.type === 'type');
  const functions = definitionSpans(definitions.filter(({ type }) => type === 'function'));
  const types = definitionSpans(definitions.filter(({ type }) => type === 'type'));
  return ({ start, end }) => {
    const startPage = findAt(pages, start) ?? findWithin(pages, start, end);
    const section = findAt(sections, start);
    const functionName = findAt(functions, start) || findWithin(functions, start, end);
    const typeName = findAt(types, start) || findWithin(types, start, end);
    return {
      ...(startPage === undefined ? {} : { startPage, endPage: findAt(pages, end - 1) ?? startPage }),
      ...(section ? { section } : {}),
      ...(functionName ? { functionName } : {}),
      ...(typeName ? { typeName } : {}),
    };
  };
}

/** A heading without text of its own stands for the first one below it. */
function sectionSpans(text: string, landmarks: readonly Landmark[]): readonly Span<string>[] {
  const headings = landmarks.filter((one): one is Heading => one.type === 'heading');
  const open: Heading[] = [];
  const spans = headings.map((heading) => {
    while (open.length > 0 && (open.at(-1) as Heading).level >= heading.level) open.pop();
    open.push(heading);
    const names = open.filter(({ name }) => name !== '').slice(-MAX_DEPTH);
    return { at: heading.at, value: names.map(({ name }) => shorten(name)).join(' > ') };
  });
  for (let index = spans.length - 2; index >= 0; index--) {
    const [own, next] = [headings[index] as Heading, headings[index + 1] as Heading];
    const lineEnd = text.indexOf('\n', own.at);
    if (next.level <= own.level || (lineEnd !== -1 && lineEnd < next.at && text.slice(lineEnd, next.at).trim() !== '')) continue;
    spans[index] = { at: own.at, value: (spans[index + 1] as Span<string>).value };
  }
  return spans;
}

/** The innermost definition at every offset; '' = none. */
function definitionSpans(definitions: readonly Definition[]): readonly Span<string>[] {
  const spans: Span<string>[] = [];
  const open: Definition[] = [];
  const closeUntil = (at: number) => {
    for (let last = open.at(-1); last !== undefined && last.end <= at; last = open.at(-1)) {
      open.pop();
      spans.push({ at: last.end, value: open.at(-1)?.name ?? '' });
    }
  };
  for (const definition of definitions) {
    closeUntil(definition.at);
    open.push(definition);
    spans.push({ at: definition.at, value: shorten(definition.name) });
  }
  closeUntil(Number.POSITIVE_INFINITY);
  return spans;
}

/** The last span that begins at or before the offset. */
function findAt<T>(spans: readonly Span<T>[], offset: number): T | undefined {
  const index = countUntil(spans, offset);
  return spans[index - 1]?.value;
}

/** The first one with a value that begins within. */
function findWithin<T>(spans: readonly Span<T>[], start: number, end: number): T | undefined {
  for (let index = countUntil(spans, start); index < spans.length && (spans[index] as Span<T>).at < end; index++) {
    const { value } = spans[index] as Span<T>;
    if (value) return value;
  }
  return undefined;
}

/** How many spans begin at or before the offset. */
function countUntil(spans: readonly Span<unknown>[], offset: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle] as Span<unknown>).at <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function shorten(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1).replace(/[\ud800-\udbff]$/, '')}…` : name;
}

const MAX_NAME = 120;
/** Levels of a heading path that are kept, the innermost ones. */
const MAX_DEPTH = 6;
