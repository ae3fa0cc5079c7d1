/**
 * The card of one remote agent (AGT-40).
 *
 * Owns: the card as it was last seen, its ETag, and when it is asked for again. Does not own: what is done with it.
 * A card that cannot be had again is used as it was: whoever is called by it tells best whether it still holds.
 */
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../base/clock.js';
import { AppError, describeError } from '../../base/errors.js';
import { trimEndOf } from '../../base/trim.js';
import type { RemoteAgentSettings } from '../../config/remote-settings.js';
import type { Logger } from '../../observe/log.js';
import { readText, type SendGuarded } from './guarded-request.js';
import { type RemoteCard, readCard } from './read-card.js';

export interface CardSourceOptions {
  /** Key in `agents`. */
  readonly name: string;
  readonly settings: RemoteAgentSettings;
  readonly send: SendGuarded;
  readonly secretHeaders: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class CardSource {
  readonly #options: CardSourceOptions;
  #known:
    | { readonly card: RemoteCard; readonly etag: string | undefined; readonly url: URL | undefined; readonly until: number }
    | undefined;

  constructor(options: CardSourceOptions) {
    this.#options = options;
  }

  /** @throws AppError `REMOTE_CARD_UNUSABLE`, `REMOTE_UNAVAILABLE`, `REMOTE_UNAUTHORIZED`, `REMOTE_REFUSED`, `ADDRESS_NOT_ALLOWED`. */
  async get(signal: AbortSignal): Promise<RemoteCard> {
    const { name, clock, log } = this.#options;
    const known = this.#known;
    if (known !== undefined && clock.monotonic() < known.until) return known.card;
    try {
      return await this.#load(signal);
    } catch (error) {
      if (known === undefined || signal.aborted) throw error;
      log.warn({ agent: name, reason: describeError(error) }, 'the card of a remote agent cannot be had again; it is used as it was');
      this.#known = { ...known, until: clock.monotonic() + REFRESH_MS };
      return known.card;
    }
  }

  /** What was known did not work: it is asked for again before the next use. */
  forget(): void {
    if (this.#known !== undefined) this.#known = { ...this.#known, until: 0 };
  }

  async #load(signal: AbortSignal): Promise<RemoteCard> {
    const { agentCardFile } = this.#options.settings;
    if (agentCardFile !== undefined) return this.#keep(this.#parse(await readCardFile(agentCardFile)), undefined, undefined);
    const urls = this.#known?.url === undefined ? this.#places() : [this.#known.url];
    let missing: AppError | undefined;
    for (const url of urls) {
      const answer = await this.#fetch(url, signal);
      if (answer === 'unchanged' && this.#known !== undefined) return this.#keep(this.#known.card, this.#known.etag, url);
      if (answer !== 'unchanged' && answer.status === 200) return this.#keep(this.#parse(answer.text), answer.etag, url);
      const status = answer === 'unchanged' ? 304 : answer.status;
      missing ??= notFound(status, urls);
      if (status !== 404 && status !== 405 && status !== 410) throw notFound(status, [url]);
    }
    throw missing ?? notFound(404, urls);
  }

  /** Newer servers first. */
  #places(): readonly URL[] {
    const { url = '', agentCardUrl } = this.#options.settings;
    if (agentCardUrl !== undefined) return [new URL(agentCardUrl)];
    const base = trimEndOf(url.replace(/[?#].*$/s, ''), '/');
    // An address that names a card is one.
    if (/\/agent(-card)?\.json$/.test(base)) return [new URL(base)];
    return ['agent-card.json', 'agent.json'].map((file) => new URL(`${base}/.well-known/${file}`));
  }

  async #fetch(url: URL, signal: AbortSignal): Promise<'unchanged' | { status: number; text: string; etag: string | undefined }> {
    const { send, secretHeaders, settings } = this.#options;
    const { etag } = this.#known ?? {};
    const headers = { accept: 'application/json', 'a2a-version': '1.0', ...(etag === undefined ? {} : { 'if-none-match': etag }) };
    const { timeoutMs } = settings;
    const answer = await send({ method: 'GET', url, headers, secretHeaders, timeoutMs, idleTimeoutMs: timeoutMs }, signal);
    const text = await readText(answer, MAX_CARD_BYTES);
    if (answer.status === 304) return 'unchanged';
    return { status: answer.status, text, etag: answer.headers.etag };
  }

  #parse(text: string): RemoteCard {
    let card: unknown;
    try {
      card = JSON.parse(text);
    } catch (cause) {
      throw new AppError('REMOTE_CARD_UNUSABLE', { message: 'The card of the remote agent cannot be used: it is no JSON', cause });
    }
    return readCard(card, (url) => this.#mayCall(url));
  }

  /** A card from the network must not send what is secret elsewhere; one in a file is the operator's own word. */
  #mayCall(url: URL): boolean {
    const { secretHeaders, settings } = this.#options;
    if (settings.agentCardFile !== undefined || Object.keys(secretHeaders).length === 0) return true;
    return [settings.url, settings.agentCardUrl].some((known) => known !== undefined && new URL(known).origin === url.origin);
  }

  #keep(card: RemoteCard, etag: string | undefined, url: URL | undefined): RemoteCard {
    this.#known = { card, etag, url, until: this.#options.clock.monotonic() + REFRESH_MS };
    return card;
  }
}

async function readCardFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AppError('REMOTE_CARD_UNUSABLE', { message: `The card of the remote agent cannot be read: ${describeError(cause)}`, cause });
  }
}

function notFound(status: number, urls: readonly URL[]): AppError {
  const code =
    status === 401 || status === 403
      ? 'REMOTE_UNAUTHORIZED'
      : status === 429 || status >= 500
        ? 'REMOTE_UNAVAILABLE'
        : 'REMOTE_CARD_UNUSABLE';
  const places = urls.map(({ origin, pathname }) => `${origin}${pathname}`).join(' and ');
  return new AppError(code, { message: `There is no card of the remote agent at ${places} (HTTP ${status})`, details: { arrived: false } });
}

const REFRESH_MS = 300_000;
const MAX_CARD_BYTES = 1_048_576;
