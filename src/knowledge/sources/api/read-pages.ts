/**
 * The pages of a list, one after the other (RAG-05).
 *
 * 1. An empty page ends lists by offset and by page: a short one may be one that the service has cut.
 * 2. A list that does not end within `max_pages`, that comes to where it was, or whose further pages fail is not whole, and says so.
 */
import { throwIfAborted } from '../../../base/abort.js';
import { AppError, describeError } from '../../../base/errors.js';
import type { JsonValue } from '../../../base/json.js';
import type { ApiSettings } from '../../../config/source-settings.js';
import { type Exchange, type SourceAnswer, shownUrl } from '../exchange.js';
import { buildRequest, type PagePlace } from './api-request.js';
import { findField } from './json-field.js';
import { findNextLink } from './link-header.js';

export interface Page {
  readonly place: PagePlace;
  readonly items: readonly JsonValue[];
  /** An error: there is a next one that cannot be asked for. */
  readonly next: PagePlace | AppError | undefined;
}

export const FIRST_PAGE: PagePlace = { value: '' };

/** Ends with an error when there is more than can be had. @throws at the first page what concerns the source as a whole */
export async function* readPages(api: ApiSettings, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Page | Error> {
  const seen = new Set<string>();
  const maxPages = api.pagination?.maxPages ?? 1;
  let place: PagePlace | undefined = firstPlace(api);
  let before: Page | undefined;
  for (let pages = 0; place !== undefined; pages++) {
    const key: string = placeKey(place);
    if (seen.has(key)) return yield notWhole(api, 'its pagination leads to a page that was there before');
    if (pages === maxPages) return yield notWhole(api, `it has more than ${maxPages} pages; raise source.api.pagination.max_pages`);
    seen.add(key);
    let page: Page | undefined;
    try {
      page = await readPage(api, exchange, place, signal, before);
    } catch (error) {
      throwIfAborted(signal);
      if (before === undefined) throw error;
      return yield notWhole(api, describeError(error), error);
    }
    if (page === undefined) return;
    if (before !== undefined && isSame(before, page))
      return yield notWhole(api, 'two pages are the same; check source.api.pagination.page_param');
    yield page;
    before = page;
    if (page.next instanceof AppError) return yield notWhole(api, page.next.message, page.next);
    place = page.next;
  }
}

/** `undefined`: behind the last one. */
export async function readPage(
  api: ApiSettings,
  exchange: Exchange,
  place: PagePlace,
  signal: AbortSignal,
  before?: Page,
): Promise<Page | undefined> {
  const answer = await exchange(buildRequest(api, place), signal);
  // Some services have no page behind the last one, not even an empty one.
  if (answer.status === 404 && before !== undefined && isNumbered(api)) return undefined;
  if (answer.status < 200 || answer.status > 299) throw refused(answer);
  const body = parseBody(answer);
  const { pagination, responsePath } = api;
  const keyPath = pagination?.dataField ? 'pagination.data_field' : 'response_path';
  const items = findField(body, pagination?.dataField || responsePath);
  if (!Array.isArray(items)) {
    const shown = items === undefined ? 'nothing' : items === null ? 'null' : `a value of type ${typeof items}`;
    throw unreadable(answer, `source.api.${keyPath} leads to ${shown} in the answer, wanted a list`);
  }
  return { place, items, next: items.length === 0 && isNumbered(api) ? undefined : findNext(api, place, items.length, body, answer) };
}

function firstPlace({ pagination }: ApiSettings): PagePlace {
  if (pagination?.type === 'offset') return { value: 0 };
  return pagination?.type === 'page' ? { value: pagination.firstPage } : FIRST_PAGE;
}

function findNext(
  api: ApiSettings,
  place: PagePlace,
  count: number,
  body: JsonValue,
  answer: SourceAnswer,
): PagePlace | AppError | undefined {
  const { pagination } = api;
  switch (pagination?.type) {
    case undefined:
      return undefined;
    case 'offset':
      return { value: Number(place.value) + count };
    case 'page':
      return { value: Number(place.value) + 1 };
    case 'cursor': {
      const cursor = findField(body, pagination.nextField);
      if (typeof cursor === 'number' || (typeof cursor === 'string' && cursor !== '')) return { value: cursor };
      if (cursor === undefined || cursor === null || cursor === '' || cursor === false) return undefined;
      return unreadable(answer, `source.api.pagination.next_field leads to what is no cursor`);
    }
    case 'link': {
      const header = answer.headers['link'];
      const next =
        pagination.nextField === ''
          ? findNextLink(Array.isArray(header) ? header.join(', ') : header)
          : findField(body, pagination.nextField);
      if (next === undefined || next === null || next === '' || next === false) return undefined;
      if (typeof next !== 'string' || !URL.canParse(next, answer.url.href)) return unreadable(answer, 'its next page has no address');
      const url = new URL(next, answer.url.href);
      if (url.origin !== new URL(api.url).origin)
        return unreadable(answer, `its next page is at ${url.origin}, which is not to have the credentials of ${new URL(api.url).origin}`);
      return { url: url.href, value: '' };
    }
  }
}

function parseBody(answer: SourceAnswer): JsonValue {
  try {
    return JSON.parse(answer.body.toString('utf8')) as JsonValue;
  } catch (cause) {
    throw unreadable(answer, `the answer is no JSON (${describeError(cause)})`);
  }
}

function isNumbered({ pagination }: ApiSettings): boolean {
  return pagination?.type === 'offset' || pagination?.type === 'page';
}

function isSame(a: Page, b: Page): boolean {
  return a.items.length > 0 && a.items.length === b.items.length && JSON.stringify(a.items) === JSON.stringify(b.items);
}

export function placeKey({ url = '', value }: PagePlace): string {
  return `${url}\n${value}`;
}

function refused({ url, status }: SourceAnswer): AppError {
  const cure = status === 401 || status === 403 ? '; check source.api.auth' : '';
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', { message: `'${shownUrl(url)}' answered ${status}${cure}`, details: { status } });
}

function unreadable({ url }: SourceAnswer, why: string): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', { message: `'${shownUrl(url)}' cannot be read: ${why}` });
}

function notWhole({ url }: ApiSettings, why: string, cause?: unknown): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', {
    message: `The list at '${shownUrl(new URL(url))}' was not read to its end, so nothing is taken as deleted: ${why}`,
    ...(cause === undefined ? {} : { cause }),
  });
}
