import { createHash } from 'node:crypto';
import type { CrawlerSettings } from '../../../src/config/source-settings.js';
import { startWebPeer, type WebPeerAnswer } from '../web-peer.js';
import { MAX_DOCUMENT_BYTES, type OpenWorld } from './source-world.js';

export const CRAWLER: CrawlerSettings = {
  followLinks: true,
  maxDepth: 3,
  maxPages: 100,
  allowedHosts: [],
  robots: true,
  sitemaps: false,
  concurrency: 4,
  delayMs: 0,
  timeoutMs: 10_000,
  maxRetries: 0,
  userAgent: 'Hector/2.0',
  allowPrivate: ['127.0.0.1'],
};

/** A start page, a page of links behind it, and the documents behind both. */
export const openUrlsWorld: OpenWorld = async (t) => {
  const pages = new Map<string, string>();
  const spoilt = new Set<string>();
  let isBroken = false;
  let contents = 0;
  let silence: Promise<void> | undefined;
  const hub = (links: readonly string[]) =>
    `<html><head><meta name="robots" content="noindex"></head><body>${links.map((link) => `<a href="${link}">x</a>`).join('')}</body></html>`;
  const answer: WebPeerAnswer = async ({ path, headers }, response) => {
    await silence;
    const names = [...pages.keys()].sort();
    const name = path.slice('/p/'.length);
    if (path === '/robots.txt') response.writeHead(404).end();
    else if (path === '/hub' && isBroken) response.writeHead(500).end();
    else if (path === '/' || path === '/hub') {
      const half = Math.ceil(names.length / 2);
      const shown = path === '/' ? names.slice(0, half) : names.slice(half);
      const links = shown.map((shownName) => `/p/${shownName}#top`);
      response.setHeader('content-type', 'text/html').end(hub(path === '/' ? ['/hub', ...links] : links));
    } else if (spoilt.has(name)) response.writeHead(403).end();
    else if (pages.has(name)) {
      const text = pages.get(name) as string;
      const etag = `"${createHash('sha256').update(text).digest('hex').slice(0, 8)}"`;
      response.setHeader('etag', etag);
      if (headers['if-none-match'] === etag) return void response.writeHead(304).end();
      contents += 1;
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(`<html><head><title>${name}</title></head><body><nav>Home</nav><main><p>${text}</p></main></body></html>`);
    } else response.writeHead(404).end();
  };
  const peer = await startWebPeer(t, answer);
  const first = { urls: [`${peer.url}/`], crawler: CRAWLER, include: [], exclude: [] };
  return {
    settings: { type: 'urls', ...first, maxFileBytes: MAX_DOCUMENT_BYTES },
    id: (name) => `${peer.url}/p/${name}`,
    put: (name, text) => {
      spoilt.delete(name);
      pages.set(name, text);
    },
    remove: (name) => pages.delete(name),
    spoil: (name) => spoilt.add(name),
    breakListing: (broken) => {
      isBroken = broken;
    },
    countContents: () => contents,
    async fallSilent() {
      let speak = () => {};
      silence = new Promise((resolve) => {
        speak = resolve;
      });
      return async () => {
        silence = undefined;
        speak();
      };
    },
  };
};
