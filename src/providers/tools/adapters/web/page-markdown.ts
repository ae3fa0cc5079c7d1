/** Elements → Markdown: headings, lists, links, tables, code. Anything else is its text. */

import { trimLineEnds } from '../../../../base/trim.js';
import { findUrl } from './find-url.js';

/** What is read of a tree of elements. */
export interface PageNode {
  /** 1 element, 3 text. */
  readonly nodeType: number;
  readonly nodeName: string;
  readonly textContent: string | null;
  readonly childNodes: Iterable<PageNode>;
  getAttribute?(name: string): string | null;
}

export function toMarkdown(root: PageNode, baseUrl: string): string {
  return trimLineEnds(write(root, { baseUrl, depth: 0, list: 0 }))
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

interface Place {
  readonly baseUrl: string;
  /** Of the tree. */
  readonly depth: number;
  /** Of nested lists. */
  readonly list: number;
}

function write(node: PageNode, place: Place): string {
  if (node.nodeType === 3) return (node.textContent ?? '').replace(/\s+/g, ' ');
  if (node.nodeType !== 1) return '';
  const tag = node.nodeName.toLowerCase();
  // Deeper trees are made to exhaust the stack of whoever walks them.
  if (place.depth > MAX_DEPTH || SKIPPED.has(tag)) return '';
  const inside = () => [...node.childNodes].map((child) => write(child, { ...place, depth: place.depth + 1 })).join('');
  const heading = /^h([1-6])$/.exec(tag)?.[1];
  if (heading !== undefined) return block(`${'#'.repeat(Number(heading))} ${inline(inside())}`);
  switch (tag) {
    case 'br':
      return '\n';
    case 'hr':
      return block('---');
    case 'a':
      return writeLink(node, inside(), place.baseUrl);
    case 'img':
      return writeImage(node);
    case 'pre':
      return block(`\`\`\`\n${(node.textContent ?? '').replace(/^\n/, '').trimEnd().replaceAll('```', "'''")}\n\`\`\``);
    case 'code':
      return `\`${inline(node.textContent ?? '')}\``;
    case 'ul':
    case 'ol':
      return writeList(node, tag === 'ol', place);
    case 'tr':
      return writeRow(node, place);
    case 'blockquote':
      return block(inside().trim().replace(/^/gm, '> '));
    default:
      return BLOCKS.has(tag) ? block(inside()) : inside();
  }
}

function block(text: string): string {
  return `\n\n${text.trim()}\n\n`;
}

/** Text that has to stay on its line. */
function inline(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function writeLink(node: PageNode, inside: string, baseUrl: string): string {
  const url = findUrl(node.getAttribute?.('href') ?? '', baseUrl);
  const text = inline(inside);
  if (url === undefined || !LINKS.has(url.protocol) || text === '') return inside;
  // A link to a place on the same page says nothing to who has all of it.
  if (url.hash !== '' && url.href.split('#', 1)[0] === baseUrl.split('#', 1)[0]) return text;
  return `[${text.replaceAll(']', '\\]')}](${url.href.replaceAll('(', '%28').replaceAll(')', '%29')})`;
}

function writeImage(node: PageNode): string {
  const alternative = inline(node.getAttribute?.('alt') ?? '');
  return alternative === '' ? '' : `[image: ${alternative}]`;
}

function writeList(node: PageNode, isOrdered: boolean, place: Place): string {
  const indent = '  '.repeat(place.list);
  const inner = { ...place, depth: place.depth + 1, list: place.list + 1 };
  const entries = [...node.childNodes].filter(({ nodeName }) => nodeName.toLowerCase() === 'li');
  const lines = entries.map((entry, index) => {
    const text = [...entry.childNodes].map((child) => write(child, inner)).join('');
    return `${indent}${isOrdered ? `${index + 1}.` : '-'} ${text.trim().replace(/\n{2,}/g, '\n')}`;
  });
  return place.list === 0 ? block(lines.join('\n')) : `\n${lines.join('\n')}\n`;
}

function writeRow(node: PageNode, place: Place): string {
  const cells = [...node.childNodes].filter(({ nodeName }) => /^t[dh]$/i.test(nodeName));
  const inner = { ...place, depth: place.depth + 1 };
  return `\n| ${cells.map((cell) => inline([...cell.childNodes].map((child) => write(child, inner)).join('')).replaceAll('|', '\\|')).join(' | ')} |`;
}

const MAX_DEPTH = 200;
const LINKS: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:']);
const SKIPPED: ReadonlySet<string> = new Set([
  'script',
  'style',
  'noscript',
  'template',
  'head',
  'title',
  'iframe',
  'object',
  'svg',
  'select',
  'button',
]);
const BLOCKS: ReadonlySet<string> = new Set([
  ...['p', 'div', 'section', 'article', 'main', 'header', 'footer', 'aside', 'nav', 'figure', 'figcaption', 'table', 'form', 'fieldset'],
  ...['dl', 'dt', 'dd', 'details', 'summary', 'address', 'body'],
]);
