/** HTML → title and Markdown of the main text: what Readability finds, else the whole body. */
import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';
import { removeInvisible } from '../../../llms/context-block.js';
import { type PageNode, toMarkdown } from './page-markdown.js';
import type { Page, PageSource } from './read-page.js';

interface PageDocument {
  readonly body: PageNode & { readonly textContent: string };
  querySelector(selector: string): { readonly textContent: string } | null;
  querySelectorAll(selector: string): Iterable<{ remove(): void }>;
}

export function extractPage({ html, url }: PageSource): Page {
  const title = clean(parse(html).querySelector('title')?.textContent ?? '');
  const article = findArticle(html);
  const body = parse(html).body;
  const whole = toMarkdown(body, url);
  const main = article === undefined ? '' : toMarkdown(article, url);
  // Lists, tables of contents and short pages are no articles; what is found of them is a fragment.
  const markdown = main.length * MIN_SHARE >= whole.length ? main : whole;
  return { title, markdown: removeInvisible(markdown) };
}

/** Readability changes what it is given. */
function findArticle(html: string): PageNode | undefined {
  try {
    const found = new Readability(parse(html) as never, { maxElemsToParse: 50_000, serializer: (node: unknown) => node }).parse();
    return (found?.content as unknown as PageNode | undefined) ?? undefined;
  } catch {
    // More elements than it takes, or a tree that it cannot follow: the body is read instead.
    return undefined;
  }
}

/** A text without `html` has no body otherwise. */
function parse(html: string): PageDocument {
  const wrapped = /<html[\s>]/i.test(html) ? html : `<!doctype html><html><body>${html}</body></html>`;
  const { document } = parseHTML(wrapped) as unknown as { readonly document: PageDocument };
  for (const element of document.querySelectorAll(UNREAD)) element.remove();
  return document;
}

function clean(title: string): string {
  return removeInvisible(title).replace(/\s+/g, ' ').trim().slice(0, 500);
}

const UNREAD = 'script, style, noscript, template, iframe, object, embed, svg, canvas, link, [hidden], [aria-hidden="true"]';
/** The main text is taken when it is at least one part in so many of the whole. */
const MIN_SHARE = 10;
