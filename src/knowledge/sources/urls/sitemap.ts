/** Addresses in a sitemap, or of the sitemaps in an index of them (sitemaps.org). */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AppError } from '../../../base/errors.js';
import { readXml } from '../../extract/read-xml.js';

export interface Sitemap {
  readonly pages: readonly string[];
  readonly sitemaps: readonly string[];
  /** There are more than a sitemap may have. */
  readonly isCut: boolean;
}

/** `undefined`: it is none. */
export async function readSitemap(body: Buffer): Promise<Sitemap | undefined> {
  const text = (isGzipped(body) ? await unpack(body) : body).toString('utf8');
  if (!/<(\w+:)?(urlset|sitemapindex)[\s>]/.test(text.slice(0, 4_096))) return undefined;
  const pages: string[] = [];
  const sitemaps: string[] = [];
  const open: string[] = [];
  let address = '';
  const isFull = () => pages.length + sitemaps.length >= MAX_ENTRIES;
  await readXml(text, {
    open: (name) => void open.push(localName(name)),
    text(part) {
      if (open.at(-1) === 'loc' && address.length < MAX_ADDRESS) address += part;
    },
    close() {
      const name = open.pop();
      if (name !== 'loc') return;
      const found = address.trim();
      address = '';
      if (found === '' || isFull()) return;
      // Pictures and videos of a page have addresses, too.
      if (open.at(-1) === 'url') pages.push(found);
      else if (open.at(-1) === 'sitemap') sitemaps.push(found);
    },
    isDone: isFull,
  });
  return { pages, sitemaps, isCut: isFull() };
}

async function unpack(body: Buffer): Promise<Buffer> {
  try {
    return await promisify(gunzip)(body, { maxOutputLength: MAX_SITEMAP_BYTES });
  } catch (cause) {
    throw new AppError('DOCUMENT_UNREADABLE', { message: 'The sitemap is damaged, or larger than a sitemap may be', cause });
  }
}

function isGzipped(body: Buffer): boolean {
  return body[0] === 0x1f && body[1] === 0x8b;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1).toLowerCase();
}

/** As sitemaps.org limits one file. */
export const MAX_SITEMAP_BYTES = 50 * 1024 * 1024;
const MAX_ENTRIES = 50_000;
const MAX_ADDRESS = 2_048;
