/**
 * On which page an item was, and the last few pages: what one batch asks for is mostly on one page.
 *
 * Owns: at most `MAX_PLACES` places and `MAX_PAGES` pages, the oldest going first; a page is good for `FRESH_MS`.
 */
import type { JsonObject, JsonValue } from '../../../base/json.js';
import type { ApiSettings } from '../../../config/source-settings.js';
import type { Exchange } from '../exchange.js';
import type { PagePlace } from './api-request.js';
import { type Page, placeKey, readPage } from './read-pages.js';

interface RecentPage {
  readonly page: Promise<Page | undefined>;
  readonly atMs: number;
}

export class RecentPages {
  readonly #api: ApiSettings;
  readonly #exchange: Exchange;
  readonly #monotonic: () => number;
  readonly #places = new Map<string, PagePlace>();
  readonly #pages = new Map<string, RecentPage>();

  constructor(api: ApiSettings, exchange: Exchange, monotonic: () => number) {
    this.#api = api;
    this.#exchange = exchange;
    this.#monotonic = monotonic;
  }

  remember(id: string, place: PagePlace): void {
    this.#places.delete(id);
    if (this.#places.size >= MAX_PLACES) this.#places.delete(this.#places.keys().next().value as string);
    this.#places.set(id, place);
  }

  /** `undefined`: it is not where it was, or nobody knows where. */
  async find(
    id: string,
    findItem: (items: readonly JsonValue[]) => JsonObject | undefined,
    signal: AbortSignal,
  ): Promise<JsonObject | undefined> {
    const place = this.#places.get(id);
    if (place === undefined) return undefined;
    const page = await this.#get(place, signal).catch(() => {
      // Whoever looks for it reads the whole list next, and tells what is wrong with it.
      signal.throwIfAborted();
      return undefined;
    });
    return page === undefined ? undefined : findItem(page.items);
  }

  #get(place: PagePlace, signal: AbortSignal): Promise<Page | undefined> {
    const key = placeKey(place);
    const known = this.#pages.get(key);
    if (known !== undefined && this.#monotonic() - known.atMs < FRESH_MS) return known.page;
    this.#pages.delete(key);
    if (this.#pages.size >= MAX_PAGES) this.#pages.delete(this.#pages.keys().next().value as string);
    const page = readPage(this.#api, this.#exchange, place, signal);
    this.#pages.set(key, { page, atMs: this.#monotonic() });
    page.catch(() => this.#pages.delete(key));
    return page;
  }
}

const MAX_PLACES = 100_000;
const MAX_PAGES = 4;
const FRESH_MS = 10_000;
