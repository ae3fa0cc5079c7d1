/**
 * One scan of web pages (RAG-07).
 *
 * 1. Pages are settled in the order in which they were met, whatever order their answers come in: the same site gives the same documents.
 * 2. What is held grows with `max_pages` addresses and `AT_ONCE` pages, not with what the pages say.
 * 3. A page that is gone is silence; one that cannot be read now is a problem. Where its links are not known either, or pages were left
 *    over, nothing is taken as deleted.
 */
import { throwIfAborted } from '../../../base/abort.js';
import { AppError, hasCode } from '../../../base/errors.js';
import type { UrlsSourceSettings } from '../../../config/settings.js';
import type { FindVersions, SourceFinding } from '../document-source.js';
import type { Exchange } from '../exchange.js';
import { documentProblem, unknownRest } from '../source-errors.js';
import { type FetchedPage, fetchPage, type PageAnswer } from './fetch-page.js';
import { Frontier, type Target } from './frontier.js';
import { looksLikeMedia, toAddress } from './page-address.js';
import { pageDocument } from './page-document.js';
import type { PageMemory } from './page-memory.js';
import type { RobotsRules } from './robots.js';
import { readSitemap, type Sitemap } from './sitemap.js';

export interface CrawlOptions {
  readonly settings: UrlsSourceSettings;
  readonly exchange: Exchange;
  /** For sitemaps, which may be larger. */
  readonly siteExchange: Exchange;
  readonly mayFollow: (url: URL) => boolean;
  /** By include and exclude. */
  readonly isWanted: (url: URL) => boolean;
  readonly getRobots: (url: URL, signal: AbortSignal) => Promise<RobotsRules>;
  readonly memory: PageMemory;
  readonly findVersions: FindVersions | undefined;
}

interface Visit {
  readonly target: Target;
  readonly outcome: PageAnswer | { readonly type: 'failed'; readonly error: Error };
  /** What was asked for with a condition. */
  readonly knownVersion: string;
}

export async function* crawl(options: CrawlOptions, outer: AbortSignal): AsyncGenerator<SourceFinding> {
  const ending = new AbortController();
  const signal = AbortSignal.any([outer, ending.signal]);
  const scan = new Crawl(options, signal);
  try {
    yield* scan.run();
  } finally {
    // Whoever leaves early leaves no request behind.
    ending.abort();
  }
}

class Crawl {
  readonly #options: CrawlOptions;
  readonly #signal: AbortSignal;
  readonly #frontier: Frontier;
  /** Pages that call another address their own. */
  readonly #pointedAway = new Set<string>();
  readonly #sitemaps: URL[] = [];
  readonly #metSitemaps = new Set<string>();
  #unread: Error | undefined;

  constructor(options: CrawlOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#frontier = new Frontier(options.settings.crawler.maxPages);
  }

  async *run(): AsyncGenerator<SourceFinding> {
    const { urls, crawler } = this.#options.settings;
    for (const text of urls) {
      const url = toAddress(text);
      if (url !== undefined && SITEMAP.test(url.pathname)) this.#meetSitemap(url.href);
      else if (url !== undefined) this.#frontier.add({ url, depth: 0, isFirst: true });
    }
    if (crawler.sitemaps) yield* this.#findSitemaps();
    yield* this.#readSitemaps();
    const visits: Promise<Visit>[] = [];
    for (;;) {
      throwIfAborted(this.#signal);
      while (visits.length < AT_ONCE) {
        const target = this.#frontier.next();
        if (target === undefined) break;
        visits.push(this.#visit(target));
      }
      const visit = await visits.shift();
      throwIfAborted(this.#signal);
      if (visit === undefined) break;
      yield* this.#settle(visit);
      yield* this.#readSitemaps();
    }
    if (this.#frontier.hasMore) this.#unread ??= tooMany(crawler.maxPages);
    if (this.#unread !== undefined) yield unknownRest(urls[0] ?? '', this.#unread);
  }

  /** Never rejects. */
  async #visit(target: Target): Promise<Visit> {
    const { exchange, settings, findVersions, memory } = this.#options;
    let knownVersion = '';
    try {
      const { href } = target.url;
      const remembered = memory.find(href);
      // Where links are followed, they must be known to pass over the page.
      const recorded = this.#wantsLinks(target) ? undefined : (await findVersions?.([href]))?.get(href);
      knownVersion = findVersions === undefined ? '' : (remembered?.version ?? recorded ?? '');
      const outcome = await fetchPage(target.url, knownVersion, { exchange, userAgent: settings.crawler.userAgent }, this.#signal);
      return { target, outcome, knownVersion };
    } catch (error) {
      return { target, outcome: { type: 'failed', error: error instanceof Error ? error : new Error(String(error)) }, knownVersion };
    }
  }

  async *#settle({ target, outcome, knownVersion }: Visit): AsyncGenerator<SourceFinding> {
    const { url, isFirst } = target;
    const { memory } = this.#options;
    switch (outcome.type) {
      case 'unchanged': {
        const remembered = memory.find(url.href);
        if (remembered !== undefined) this.#follow(target, remembered.links, remembered.canonical);
        if (remembered?.isDocument ?? true) yield* this.#document(target, { url, version: knownVersion });
        return;
      }
      case 'gone':
        memory.forget(url.href);
        if (isFirst || target.isCanonical === true) yield documentProblem(url.href, url.href, outcome.error);
        return;
      case 'media':
        if (isFirst) yield documentProblem(url.href, url.href, outcome.error);
        return;
      case 'failed':
        yield* this.#failed(target, outcome.error);
        return;
      case 'page':
        yield* this.#page(target, outcome.page);
    }
  }

  async *#failed(target: Target, error: Error): AsyncGenerator<SourceFinding> {
    const { url, isFirst } = target;
    // A link to what robots.txt or the rule of hosts keeps out is no fault of anybody's.
    if (hasCode(error, 'PAGE_NOT_ALLOWED') && !isFirst) return;
    yield documentProblem(url.href, url.href, error);
    const remembered = this.#options.memory.find(url.href);
    if (remembered !== undefined) this.#follow(target, remembered.links, remembered.canonical);
    else if (this.#wantsLinks(target) && isPassing(error)) this.#unread ??= unknownLinks(url, error);
  }

  async *#page(target: Target, page: FetchedPage): AsyncGenerator<SourceFinding> {
    const sitemap = target.isFirst && page.outline === undefined ? await readSitemap(page.body) : undefined;
    if (sitemap !== undefined) return this.#addSitemap(sitemap);
    const { url, outline, robots, content } = page;
    // A redirect to what is visited by itself.
    if (url.href !== target.url.href && !this.#frontier.meet(url)) return;
    const base = toAddress(outline?.base ?? '', url) ?? url;
    const links = outline === undefined || robots.noFollow || !this.#wantsLinks(target) ? [] : this.#chooseLinks(outline.links, base);
    const canonical = this.#chooseCanonical(target, url, outline?.canonical ? toAddress(outline.canonical, base) : undefined);
    const isDocument = canonical === undefined && !robots.noIndex;
    if (url.href === target.url.href) {
      this.#options.memory.keep(url.href, { version: content.version, links, canonical: canonical?.href, isDocument });
    }
    this.#follow(target, links, canonical?.href);
    if (isDocument) yield* this.#document(target, { url, version: content.version, content });
  }

  *#document(target: Target, found: Parameters<typeof pageDocument>[0]): Generator<SourceFinding> {
    if (this.#options.isWanted(found.url)) yield pageDocument(found);
    else if (target.isFirst && !this.#options.settings.crawler.followLinks)
      yield documentProblem(found.url.href, found.url.href, leftOut(found.url));
  }

  #follow(target: Target, links: readonly string[], canonical: string | undefined): void {
    if (canonical !== undefined) {
      this.#pointedAway.add(target.url.href);
      this.#frontier.add({ url: new URL(canonical), depth: target.depth, isFirst: false, isCanonical: true });
    }
    if (!this.#wantsLinks(target)) return;
    for (const link of links) this.#frontier.add({ url: new URL(link), depth: target.depth + 1, isFirst: false });
  }

  /** `undefined`: the page stands for itself. */
  #chooseCanonical(target: Target, url: URL, canonical: URL | undefined): URL | undefined {
    if (canonical === undefined || canonical.href === url.href || target.isCanonical === true) return undefined;
    // It points elsewhere itself: one of them has to stand for both.
    if (this.#pointedAway.has(canonical.href)) return undefined;
    const { mayFollow, isWanted } = this.#options;
    return mayFollow(canonical) && isWanted(canonical) ? canonical : undefined;
  }

  #chooseLinks(links: readonly string[], base: URL): readonly string[] {
    const { mayFollow, isWanted } = this.#options;
    const chosen = new Set<string>();
    for (const link of links) {
      const url = toAddress(link, base);
      if (url !== undefined && mayFollow(url) && isWanted(url) && !looksLikeMedia(url)) chosen.add(url.href);
    }
    return [...chosen];
  }

  #wantsLinks({ depth }: Target): boolean {
    const { followLinks, maxDepth } = this.#options.settings.crawler;
    return followLinks && depth < maxDepth;
  }

  async *#findSitemaps(): AsyncGenerator<SourceFinding> {
    const origins = new Map(this.#options.settings.urls.flatMap((text) => toAddress(text) ?? []).map((url) => [url.origin, url]));
    for (const url of origins.values()) {
      try {
        const { sitemaps } = await this.#options.getRobots(url, this.#signal);
        for (const text of sitemaps) this.#meetSitemap(text, url);
      } catch (error) {
        throwIfAborted(this.#signal);
        this.#unread ??= error instanceof Error ? error : new Error(String(error));
      }
    }
  }

  async *#readSitemaps(): AsyncGenerator<SourceFinding> {
    for (let url = this.#sitemaps.shift(); url !== undefined; url = this.#sitemaps.shift()) {
      try {
        const { siteExchange, settings } = this.#options;
        const answer = await siteExchange({ url, headers: { 'user-agent': settings.crawler.userAgent } }, this.#signal);
        const sitemap = answer.status === 200 ? await readSitemap(answer.body) : undefined;
        if (sitemap === undefined) throw noSitemap(url, answer.status);
        this.#addSitemap(sitemap);
      } catch (error) {
        throwIfAborted(this.#signal);
        const failure = error instanceof Error ? error : new Error(String(error));
        this.#unread ??= failure;
        yield documentProblem(url.href, url.href, failure);
      }
    }
  }

  #addSitemap({ pages, sitemaps, isCut }: Sitemap): void {
    const { mayFollow, isWanted } = this.#options;
    for (const text of sitemaps) this.#meetSitemap(text);
    for (const text of pages) {
      const url = toAddress(text);
      if (url !== undefined && mayFollow(url) && isWanted(url)) this.#frontier.add({ url, depth: 0, isFirst: false });
    }
    if (isCut) this.#unread ??= tooMany(pages.length);
  }

  #meetSitemap(text: string, base?: URL): void {
    const url = toAddress(text, base);
    if (url === undefined || this.#metSitemaps.has(url.href) || !this.#options.mayFollow(url)) return;
    if (this.#metSitemaps.size >= MAX_SITEMAPS) this.#unread ??= tooMany(MAX_SITEMAPS);
    else {
      this.#metSitemaps.add(url.href);
      this.#sitemaps.push(url);
    }
  }
}

/** The same request may have another answer later. */
function isPassing(error: Error): boolean {
  if (hasCode(error, 'DOCUMENT_TOO_LARGE') || hasCode(error, 'ADDRESS_NOT_ALLOWED') || hasCode(error, 'DOCUMENT_NOT_TEXT')) return false;
  const status: unknown = error instanceof AppError ? error.details['status'] : undefined;
  return typeof status !== 'number' || status >= 500 || status === 408 || status === 425 || status === 429;
}

function tooMany(count: number): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', {
    message: `There are more than ${count} pages, so nothing is taken as deleted; raise source.crawler.max_pages, or narrow source.include`,
  });
}

function unknownLinks(url: URL, cause: Error): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', {
    message: `Where '${url.href}' leads to is not known, as it cannot be read now, so nothing is taken as deleted`,
    cause,
  });
}

function noSitemap(url: URL, status: number): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', { message: `'${url.href}' is no sitemap (status ${status})` });
}

function leftOut(url: URL): AppError {
  return new AppError('PAGE_NOT_ALLOWED', {
    message: `'${url.href}' stands in source.urls, but source.include and source.exclude leave it out`,
  });
}

/** By its name; others tell by what they say. */
const SITEMAP = /\/[^/]*sitemap[^/]*\.xml(\.gz)?$/i;
const AT_ONCE = 8;
const MAX_SITEMAPS = 1_000;
