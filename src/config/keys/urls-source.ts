/** `document_stores.<name>.source.urls` and `.crawler` (RAG-07). */
import { duration, flag, integer, list, type Static, section, text } from '../schema-builder.js';
import type { CrawlerSettings } from '../source-settings.js';
import { privatePlaces } from './private-places.js';

const ADDRESS = text('Address of a page or of a sitemap.', {
  pattern: '^https?://[^\\s]+$',
  'x-form': 'an address that begins with http:// or https://',
});

export const UrlsSchema = list(ADDRESS, 'Where reading begins; with their hosts they say what may be read.', { minItems: 1 });

const HOST = text('A host name, or *.example.com for all that are below example.com.', {
  pattern: '^(\\*\\.)?[^\\s/:*@?#\\[\\]]+$',
  'x-form': 'a host name such as example.com, or *.example.com',
});

const CRAWLER = {
  follow_links: flag('Pages that a page links to are read, too.', { default: true }),
  max_depth: integer('Links between a page and one of urls.', { default: 3, minimum: 0, maximum: 100 }),
  max_pages: integer('Pages of one scan; that there are more is reported, and then nothing is taken as deleted.', {
    default: 1_000,
    minimum: 1,
    maximum: 1_000_000,
  }),
  allowed_hosts: list(HOST, 'Hosts beside those of urls.', { default: [] }),
  robots: flag('What robots.txt does not allow is not read.', { default: true }),
  sitemaps: flag('Pages of the sitemaps that robots.txt names are read, too; a sitemap that stands in urls always is.', { default: false }),
  concurrency: integer('Requests at once to one host.', { default: 2, minimum: 1, maximum: 64 }),
  delay: duration('Between the beginnings of two requests to one host; a longer crawl-delay of robots.txt goes before it.', {
    default: 200,
    maximum: 600_000,
  }),
  timeout: duration('Longest wait for one whole answer.', { default: 30_000, minimum: 100 }),
  max_retries: integer('Further tries of a page when the network failed, or on 429 and 5xx.', { default: 2, minimum: 0, maximum: 20 }),
  user_agent: text('How it calls itself; the word before the slash is what robots.txt is asked about.', {
    default: 'Hector/2.0',
    minLength: 1,
    pattern: '^[\\x20-\\x7e]*$',
    'x-form': 'printable ASCII',
  }),
  allow_private: privatePlaces(
    'What may be read although it is not public: loopback, private and link-local networks are refused otherwise.',
  ),
};

export const CrawlerSchema = section(CRAWLER, 'How pages are read.');

export function resolveCrawler(crawler: Static<typeof CrawlerSchema>): CrawlerSettings {
  return {
    followLinks: crawler.follow_links,
    maxDepth: crawler.max_depth,
    maxPages: crawler.max_pages,
    allowedHosts: crawler.allowed_hosts,
    robots: crawler.robots,
    sitemaps: crawler.sitemaps,
    concurrency: crawler.concurrency,
    delayMs: crawler.delay,
    timeoutMs: crawler.timeout,
    maxRetries: crawler.max_retries,
    userAgent: crawler.user_agent,
    allowPrivate: crawler.allow_private,
  };
}
