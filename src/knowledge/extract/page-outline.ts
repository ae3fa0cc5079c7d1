/**
 * What a crawler wants to know of an HTML page: where it leads, what it says of itself, and its own text without what surrounds it.
 *
 * Nothing is moved: what is left out becomes its line ends, so that lines stay those of the source.
 */
import { setImmediate } from 'node:timers/promises';

export interface PageOutline {
  /** As written; '' = none. */
  readonly canonical: string;
  readonly base: string;
  readonly links: readonly string[];
  /** What its `<meta name="robots">` says. */
  readonly robots: string;
  /** Without navigation and the like; of `<main>` alone, where that holds most of the text. */
  readonly content: string;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** @param agent the crawler's name, which may have a `<meta>` of its own */
export async function readOutline(html: string, agent: string): Promise<PageOutline> {
  const { Parser } = await import('htmlparser2');
  const links: string[] = [];
  const left: Range[] = [];
  const mains: Range[] = [];
  let [canonical, base, robots] = ['', '', ''];
  let depth = 0;
  /** Of the outermost element that is left out or is the main one. */
  let leftAt: { readonly depth: number; readonly from: number } | undefined;
  let mainAt: { readonly depth: number; readonly from: number } | undefined;
  let textLength = 0;
  let mainLength = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        depth += 1;
        if (name === 'a' || name === 'area') {
          const { href, rel = '' } = attributes;
          if (href !== undefined && links.length < MAX_LINKS && !/\bnofollow\b/i.test(rel)) links.push(href.trim());
        } else if (name === 'link' && /(^|\s)canonical(\s|$)/i.test(attributes['rel'] ?? ''))
          canonical ||= (attributes['href'] ?? '').trim();
        else if (name === 'base') base ||= (attributes['href'] ?? '').trim();
        else if (name === 'meta' && ['robots', agent.toLowerCase()].includes((attributes['name'] ?? '').toLowerCase()))
          robots += `,${attributes['content'] ?? ''}`;
        if (leftAt === undefined && isSurrounding(name, attributes, mainAt !== undefined)) leftAt = { depth, from: parser.startIndex };
        if (leftAt === undefined && mainAt === undefined && isMain(name, attributes)) mainAt = { depth, from: parser.startIndex };
      },
      ontext(text) {
        if (leftAt !== undefined) return;
        const { length } = text.trim();
        textLength += length;
        if (mainAt !== undefined) mainLength += length;
      },
      onclosetag() {
        if (leftAt?.depth === depth) {
          left.push({ from: leftAt.from, to: parser.endIndex + 1 });
          leftAt = undefined;
        }
        if (mainAt?.depth === depth) {
          mains.push({ from: mainAt.from, to: parser.endIndex + 1 });
          mainAt = undefined;
        }
        depth -= 1;
      },
    },
    { decodeEntities: true },
  );
  for (let at = 0; at < html.length; at += PART) {
    parser.write(html.slice(at, at + PART));
    // A page may be large, and others wait for this thread.
    if (at + PART < html.length) await setImmediate();
  }
  parser.end();
  // A page that is nothing but navigation is what it is.
  if (textLength === 0) return { canonical, base, links, robots, content: html };
  const outside = mainLength * MAIN_SHARE >= textLength ? between(mains, html.length, headEnd(html)) : [];
  return { canonical, base, links, robots, content: blank(html, [...left, ...outside]) };
}

function isSurrounding(name: string, attributes: Readonly<Record<string, string>>, isInMain: boolean): boolean {
  if (name === 'nav' || name === 'script' || name === 'style' || name === 'template') return true;
  if (['navigation', 'banner', 'contentinfo', 'search'].includes(attributes['role'] ?? '')) return true;
  if (name === 'footer' || name === 'aside') return !isInMain;
  if (name === 'body' || name === 'html') return false;
  return 'hidden' in attributes || attributes['aria-hidden'] === 'true';
}

function isMain(name: string, attributes: Readonly<Record<string, string>>): boolean {
  return name === 'main' || attributes['role'] === 'main' || name === 'article';
}

/** What lies between the ranges; the head stays, as it has the title. */
function between(ranges: readonly Range[], length: number, head: number): readonly Range[] {
  const gaps: Range[] = [];
  let at = head;
  for (const { from, to } of ranges) {
    if (from > at) gaps.push({ from: at, to: from });
    at = Math.max(at, to);
  }
  return at < length ? [...gaps, { from: at, to: length }] : gaps;
}

function headEnd(html: string): number {
  const found = /<\/head\s*>|<body[\s>]/i.exec(html);
  return found?.index ?? 0;
}

/** Ranges may lie within each other. */
function blank(html: string, ranges: readonly Range[]): string {
  let text = '';
  let at = 0;
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    if (to <= at) continue;
    if (from > at) text += html.slice(at, from);
    text += html.slice(Math.max(at, from), to).replace(/[^\n]+/g, '');
    // Words before and behind it stay apart.
    text += ' ';
    at = to;
  }
  return text + html.slice(at);
}

const PART = 64 * 1024;
const MAX_LINKS = 10_000;
/** `<main>` is taken when it has at least one part in so many of the text. */
const MAIN_SHARE = 3;
