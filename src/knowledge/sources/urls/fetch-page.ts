/** One page over HTTP: asked for as a crawler does, and told apart by what came of it. */
import { AppError } from '../../../base/errors.js';
import { sha256Hex } from '../../../base/json.js';
import { decodeText } from '../../extract/decode-text.js';
import { type PageOutline, readOutline } from '../../extract/page-outline.js';
import type { SourceContent } from '../document-source.js';
import { type Exchange, type SourceAnswer, shownUrl } from '../exchange.js';
import { bytesOf } from '../text-of.js';

export interface FetchedPage {
  /** After redirects. */
  readonly url: URL;
  readonly content: SourceContent & { readonly version: string };
  /** Of HTML. */
  readonly outline: PageOutline | undefined;
  readonly robots: { readonly noIndex: boolean; readonly noFollow: boolean };
  /** As it came. */
  readonly body: Buffer;
}

export type PageAnswer =
  | { readonly type: 'page'; readonly page: FetchedPage }
  | { readonly type: 'unchanged' }
  | { readonly type: 'gone'; readonly error: AppError }
  /** What it is nobody can read as text: a picture, say. */
  | { readonly type: 'media'; readonly error: AppError };

export interface FetchPageOptions {
  readonly exchange: Exchange;
  readonly userAgent: string;
}

/** @throws AppError when it cannot be read now, or not at all */
export async function fetchPage(url: URL, knownVersion: string, options: FetchPageOptions, signal: AbortSignal): Promise<PageAnswer> {
  const { exchange, userAgent } = options;
  const headers = { accept: ACCEPTED, 'user-agent': userAgent, ...condition(knownVersion) };
  const answer = await exchange({ url, headers }, signal);
  const { status } = answer;
  // Told of another page, to which this one leads now: it has to be seen.
  if (status === 304 && knownVersion !== '')
    return answer.url.href === url.href ? { type: 'unchanged' } : fetchPage(url, '', options, signal);
  if (status === 404 || status === 410) return { type: 'gone', error: refused(answer) };
  if (status < 200 || status > 299) throw refused(answer);
  const mediaType = (headerOf(answer, 'content-type') ?? '').toLowerCase();
  if (!isReadable(mediaType)) return { type: 'media', error: notText(answer.url, mediaType) };
  return { type: 'page', page: await toPage(answer, mediaType, userAgent) };
}

async function toPage(answer: SourceAnswer, mediaType: string, userAgent: string): Promise<FetchedPage> {
  const { url, body } = answer;
  const agent = userAgent.split(/[/\s]/, 1)[0] as string;
  const version = versionOf(answer);
  const isHtml = mediaType.startsWith('text/html') || mediaType.startsWith('application/xhtml+xml');
  const outline = isHtml ? await readOutline(decodeText(url.href, body, charsetOf(mediaType, body)), agent) : undefined;
  const content =
    outline === undefined
      ? { bytes: Uint8Array.from(body), ...(mediaType === '' ? {} : { mediaType }), version }
      : { bytes: bytesOf(outline.content), mediaType: 'text/html; charset=utf-8', version };
  return { url, content, outline, robots: readRobots(outline, headerOf(answer, 'x-robots-tag'), agent), body };
}

/** What the server calls this state, else when it was made, else what it says. */
function versionOf(answer: SourceAnswer): string {
  const modified = headerOf(answer, 'last-modified');
  return headerOf(answer, 'etag') ?? (modified === undefined ? `sha256:${sha256Hex(answer.body).slice(0, 40)}` : `${MODIFIED}${modified}`);
}

function condition(version: string): Record<string, string> {
  if (/^(W\/)?"[\x21-\x7e]*"$/.test(version)) return { 'if-none-match': version };
  return version.startsWith(MODIFIED) ? { 'if-modified-since': version.slice(MODIFIED.length) } : {};
}

/** `<meta>`, and a header that may name the crawler that it is meant for. */
function readRobots(outline: PageOutline | undefined, header = '', agent = ''): FetchedPage['robots'] {
  const words = new Set((outline?.robots ?? '').toLowerCase().split(/[,\s]+/));
  let addressee = '';
  for (const part of header.toLowerCase().split(',')) {
    const [, name, rest = ''] = /^\s*([a-z0-9_-]+)\s*:\s*(.*)$/.exec(part) ?? [];
    // A rule such as max-snippet has a colon, too.
    if (name !== undefined && !name.startsWith('max-') && name !== 'unavailable_after') addressee = name;
    const word = (name === undefined ? part : rest).trim();
    if (addressee === '' || addressee === agent.toLowerCase()) words.add(word);
  }
  const isNone = words.has('none');
  return { noIndex: isNone || words.has('noindex'), noFollow: isNone || words.has('nofollow') };
}

function charsetOf(mediaType: string, body: Buffer): string | undefined {
  const told = /charset\s*=\s*"?([^\s";]+)/.exec(mediaType)?.[1];
  return told ?? /<meta[^>]{0,200}?charset\s*=\s*["']?([^\s"'/>;]+)/i.exec(body.subarray(0, 2_048).toString('latin1'))?.[1];
}

function isReadable(mediaType: string): boolean {
  const [kind = ''] = mediaType.split(';', 1);
  return kind === '' || READABLE.test(kind.trim());
}

function headerOf({ headers }: SourceAnswer, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

function refused({ url, status }: SourceAnswer): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', { message: `'${shownUrl(url)}' answered ${status}`, details: { status } });
}

function notText(url: URL, mediaType: string): AppError {
  return new AppError('DOCUMENT_UNSUPPORTED', {
    message: `'${shownUrl(url)}' is of type ${mediaType.slice(0, 100)}, which nobody reads as text`,
  });
}

const ACCEPTED = 'text/html,application/xhtml+xml,text/*;q=0.9,application/pdf;q=0.8,*/*;q=0.5';
const READABLE =
  /^(text\/(?!css|javascript)|application\/(pdf|json|xml|octet-stream|xhtml\+xml|msword|yaml|x-yaml|toml|rtf|vnd\.openxmlformats-[a-z.-]+|[\w.-]+\+(json|xml))$)/;
const MODIFIED = 'modified:';
