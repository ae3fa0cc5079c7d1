/**
 * The robots.txt of each origin, asked for once in a while.
 *
 * A file that is not there allows everything; one that cannot be had forbids everything (RFC 9309 2.3.1), which is said as an error.
 */
import { throwIfAborted } from '../../../base/abort.js';
import type { Clock } from '../../../base/clock.js';
import { AppError, describeError } from '../../../base/errors.js';
import type { Exchange } from '../exchange.js';
import { ALLOW_ALL, parseRobots, type RobotsRules } from './robots.js';

export interface SiteRulesOptions {
  /** Without rules of its own: these are what it is asked for. */
  readonly exchange: Exchange;
  readonly userAgent: string;
  readonly clock: Pick<Clock, 'monotonic'>;
}

export class SiteRules {
  readonly #options: SiteRulesOptions;
  readonly #sites = new Map<string, { readonly rules: Promise<RobotsRules>; readonly untilMs: number }>();

  constructor(options: SiteRulesOptions) {
    this.#options = options;
  }

  /** @throws AppError `DOCUMENT_SOURCE_UNREADABLE` */
  get({ origin }: URL, signal: AbortSignal): Promise<RobotsRules> {
    const now = this.#options.clock.monotonic();
    const known = this.#sites.get(origin);
    if (known !== undefined && now < known.untilMs) return known.rules;
    this.#sites.delete(origin);
    if (this.#sites.size >= MAX_SITES) this.#sites.delete(this.#sites.keys().next().value as string);
    const rules = this.#ask(origin, signal);
    this.#sites.set(origin, { rules, untilMs: now + FRESH_MS });
    rules.catch(() => {
      // Not asked for with every page; whoever gave up says nothing of the site.
      if (signal.aborted) this.#sites.delete(origin);
      else this.#sites.set(origin, { rules, untilMs: now + FAILED_MS });
    });
    return rules;
  }

  async #ask(origin: string, signal: AbortSignal): Promise<RobotsRules> {
    const { exchange, userAgent } = this.#options;
    const url = new URL('/robots.txt', origin);
    try {
      const answer = await exchange({ url, headers: { accept: 'text/plain', 'user-agent': userAgent } }, signal);
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) return ALLOW_ALL;
      if (answer.status < 200 || answer.status > 299) throw new Error(`it answered ${answer.status}`);
      return parseRobots(answer.body.toString('utf8'), userAgent.split(/[/\s]/, 1)[0] as string);
    } catch (cause) {
      throwIfAborted(signal);
      if (cause instanceof AppError && cause.code === 'ADDRESS_NOT_ALLOWED') throw cause;
      throw new AppError('DOCUMENT_SOURCE_UNREADABLE', {
        message: `'${url.href}' cannot be read (${describeError(cause)}), so nothing of that host is; set crawler.robots: false if you may read it all the same`,
        cause,
      });
    }
  }
}

const FRESH_MS = 3_600_000;
const FAILED_MS = 60_000;
const MAX_SITES = 1_000;
