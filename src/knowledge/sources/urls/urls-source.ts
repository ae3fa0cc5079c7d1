/** Web pages as documents (RAG-07); `crawl.ts` finds them. */
import type { GuardedRequest } from '../../../access/guarded-request.js';
import { throwIfAborted } from '../../../base/abort.js';
import type { Clock } from '../../../base/clock.js';
import { decodePercent } from '../../../base/decode-percent.js';
import { AppError } from '../../../base/errors.js';
import type { UrlsSourceSettings } from '../../../config/settings.js';
import type { DocumentSource } from '../document-source.js';
import { createExchange, type Exchange, type ExchangeOptions } from '../exchange.js';
import { createGlobMatcher } from '../glob.js';
import { crawl } from './crawl.js';
import { fetchPage } from './fetch-page.js';
import { HostTurns } from './host-turns.js';
import { createHostRule, toAddress } from './page-address.js';
import { PageMemory } from './page-memory.js';
import { ALLOW_ALL, type RobotsRules } from './robots.js';
import { SiteRules } from './site-rules.js';
import { MAX_SITEMAP_BYTES } from './sitemap.js';

export interface UrlsSourceDependencies {
  readonly request: GuardedRequest;
  readonly clock: Clock;
}

export function createUrlsSource(settings: UrlsSourceSettings, { request, clock }: UrlsSourceDependencies): DocumentSource {
  const { crawler, maxFileBytes } = settings;
  const { userAgent } = crawler;
  const mayFollow = createHostRule(settings.urls, crawler.allowedHosts);
  const included = createGlobMatcher(settings.include);
  const excluded = createGlobMatcher(settings.exclude);
  const isWanted = ({ pathname }: URL) => {
    const path = decodePath(pathname);
    return !excluded.matches(path) && (settings.include.length === 0 || included.matches(path));
  };
  const turns = new HostTurns(clock);
  const memory = new PageMemory();
  const common = { request, clock, timeoutMs: crawler.timeoutMs, maxRetries: crawler.maxRetries };
  const takeTurn = (url: URL, crawlDelayMs: number, signal: AbortSignal) =>
    turns.take(url.host, { concurrency: crawler.concurrency, delayMs: Math.max(crawler.delayMs, crawlDelayMs) }, signal);
  const exchangeOf = (maxBytes: number, take: NonNullable<ExchangeOptions['takeTurn']>): Exchange =>
    createExchange({ ...common, maxBytes, takeTurn: take });
  const rules = new SiteRules({ exchange: exchangeOf(MAX_ROBOTS_BYTES, (url, signal) => takeTurn(url, 0, signal)), userAgent, clock });
  const getRobots = (url: URL, signal: AbortSignal): Promise<RobotsRules> => rules.get(url, signal);

  /** Every hop of every page comes by here. */
  async function take(url: URL, signal: AbortSignal): Promise<() => void> {
    if (!mayFollow(url)) throw otherHost(url);
    const { allows, crawlDelayMs } = crawler.robots ? await getRobots(url, signal) : ALLOW_ALL;
    if (!allows(url.pathname + url.search)) throw forbidden(url);
    return await takeTurn(url, crawlDelayMs, signal);
  }
  const exchange = exchangeOf(maxFileBytes, take);
  const siteExchange = exchangeOf(MAX_SITEMAP_BYTES, take);

  return {
    scan: (signal, findVersions) =>
      crawl({ settings, exchange, siteExchange, mayFollow, isWanted, getRobots, memory, findVersions }, signal),

    async read(document, knownVersion, signal) {
      const url = toAddress(document.id);
      if (url === undefined) throw new AppError('DOCUMENT_SOURCE_UNREADABLE', { message: `'${document.id}' is no address of a page` });
      const answer = await fetchPage(url, knownVersion, { exchange, userAgent }, signal);
      throwIfAborted(signal);
      if (answer.type === 'unchanged') return 'unchanged';
      if (answer.type !== 'page') throw answer.error;
      const { page } = answer;
      if (page.url.href !== url.href)
        throw new AppError('DOCUMENT_SOURCE_UNREADABLE', { message: `'${document.id}' has moved to '${page.url.href}'` });
      return page.content;
    },
  };
}

function decodePath(pathname: string): string {
  const path = pathname.slice(1);
  return decodePercent(path) ?? path;
}

function otherHost(url: URL): AppError {
  return new AppError('PAGE_NOT_ALLOWED', {
    message: `'${url.href}' is at another host; add ${url.hostname} to source.crawler.allowed_hosts if it belongs to the pages`,
  });
}

function forbidden(url: URL): AppError {
  return new AppError('PAGE_NOT_ALLOWED', {
    message: `'${url.href}' is not allowed by robots.txt; set source.crawler.robots: false if you may read it all the same`,
  });
}

/** Only the beginning of a long one is read. */
const MAX_ROBOTS_BYTES = 5 * 1024 * 1024;
