/**
 * What one address may try at the doors of this server in a minute: credentials that nobody issued, and calls of the management API (SEC-09).
 *
 * Owns: which addresses have used up their wrong credentials, and which credentials were good lately. Does not own: the windows.
 * - The refusal comes before the credentials are looked at: who is over the limit learns nothing more, not even by guessing right.
 * - Credentials that came in lately go on coming in: who shares an address with somebody that guesses is not locked out by that.
 * - A token that was issued and has expired, or is for others, is no guess and is not counted.
 * - Every process counts by itself, too: at once, and alone while Redis is away. All processes together let at most one guess of each
 *   through beyond the limit, that by which a process learns what the others have counted.
 */
import type { Clock } from '../base/clock.js';
import { AppError, describeError } from '../base/errors.js';
import { sha256Hex } from '../base/json.js';
import { within } from '../base/within.js';
import type { ServerSettings } from '../config/settings.js';
import type { Audit } from '../observe/audit.js';
import type { Logger } from '../observe/log.js';
import type { Meter } from '../observe/meter.js';
import type { Authenticate, Credentials, Door } from './authenticate.js';
import { LocalRateWindows } from './local-rate-windows.js';
import { networkOf, type Principal } from './principal.js';
import type { RateWindows, TakeOutcome } from './rate-windows.js';

export interface AddressLimitsOptions {
  readonly settings: Pick<ServerSettings, 'limits'>;
  /** Of all processes. */
  readonly windows: RateWindows;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Meter;
  readonly audit: Audit;
}

/** @throws AppError `ACCESS_RATE_LIMITED` beside what `authenticate` throws. */
export function limitByAddress(authenticate: Authenticate, options: AddressLimitsOptions): Authenticate {
  const limits = new AddressLimits(options);
  return (credentials, door) => {
    const sent = credentials.headers.authorization;
    return sent === undefined && door !== 'manage' ? authenticate(credentials, door) : authenticateWithin(credentials, door, sent);
  };

  async function authenticateWithin(credentials: Credentials, door: Door | undefined, sent: string | undefined): Promise<Principal> {
    const network = networkOf(credentials.remoteAddress);
    if (door === 'manage') await limits.countManagement(network);
    if (sent === undefined) return authenticate(credentials, door);
    const digest = sha256Hex(sent);
    limits.check(network, digest, credentials.remoteAddress);
    try {
      const principal = await authenticate(credentials, door);
      limits.keep(digest);
      return principal;
    } catch (error) {
      limits.forget(digest);
      if (error instanceof AppError && GUESSES.has(String(error.details['reason']))) await limits.countGuess(network);
      throw error;
    }
  }
}

class AddressLimits {
  readonly #options: AddressLimitsOptions;
  readonly #local: LocalRateWindows;
  /** Until when; at most `MAX_KEPT`, the first one goes. */
  readonly #refused = new Map<string, number>();
  /** Digests; at most `MAX_KEPT`, the one that was used longest ago goes. */
  readonly #good = new Set<string>();

  constructor(options: AddressLimitsOptions) {
    this.#options = options;
    this.#local = new LocalRateWindows(options.clock);
  }

  check(network: string, digest: string, remoteAddress: string): void {
    const restMs = (this.#refused.get(network) ?? 0) - this.#options.clock.monotonic();
    if (restMs <= 0 || this.#good.has(digest)) return;
    this.#options.audit.record({
      ...{ action: 'auth.authenticate', user: '', success: false, error: 'limited', credential: 'token', remoteAddress },
    });
    throw this.#refuse('login', `${this.#options.settings.limits.maxFailedLogins} wrong credentials`, 'max_failed_logins', restMs);
  }

  keep(digest: string): void {
    this.#good.delete(digest);
    const [oldest] = this.#good;
    if (this.#good.size >= MAX_KEPT && oldest !== undefined) this.#good.delete(oldest);
    this.#good.add(digest);
  }

  forget(digest: string): void {
    this.#good.delete(digest);
  }

  /** Never rejects. */
  async countGuess(network: string): Promise<void> {
    const limit = this.#options.settings.limits.maxFailedLogins;
    if (limit === 0) return;
    const outcome = await this.#take('login', network, limit, (alone) => this.#note(network, limit, alone));
    this.#note(network, limit, outcome);
  }

  async countManagement(network: string): Promise<void> {
    const limit = this.#options.settings.limits.maxManagementRequests;
    if (limit === 0) return;
    const { isTaken, windows } = await this.#take('management', network, limit);
    if (isTaken) return;
    const restMs = windows[0]?.resetMs ?? WINDOW_MS;
    throw this.#refuse('management', `${limit} requests to the management API`, 'max_management_requests', restMs);
  }

  /** What all processes have counted; what this one has while they cannot be asked. */
  async #take(type: string, network: string, limit: number, onAlone: (outcome: TakeOutcome) => void = noted): Promise<TakeOutcome> {
    const { windows, clock, log } = this.#options;
    const key = `${type}.minute.address:${sha256Hex(network).slice(0, 32)}`;
    const takes = [{ key, limit, windowMs: WINDOW_MS, cost: 1 }];
    const alone = await this.#local.take(takes);
    onAlone(alone);
    try {
      return await within(clock, PATIENCE_MS, windows.take(takes));
    } catch (failure) {
      log.debug({ reason: describeError(failure), type }, 'what an address does cannot be counted together');
      return alone;
    }
  }

  #note(network: string, limit: number, { windows: [window] }: TakeOutcome): void {
    if (window === undefined || window.used < limit) return;
    this.#refused.delete(network);
    const [first] = this.#refused.keys();
    if (this.#refused.size >= MAX_KEPT && first !== undefined) this.#refused.delete(first);
    this.#refused.set(network, this.#options.clock.monotonic() + window.resetMs);
  }

  #refuse(type: string, what: string, key: string, restMs: number): AppError {
    this.#options.metrics.count('rate_limited_total', { type, window: 'minute', scope: 'address' });
    const retryAfterMs = Math.max(1, restMs);
    return new AppError('ACCESS_RATE_LIMITED', {
      message: `The limit of ${what} per minute and address is used up (server.limits.${key}); try again in ${Math.ceil(retryAfterMs / 1_000)} s`,
      retryAfterMs,
    });
  }
}

/** Management calls are refused as they are counted. */
function noted(): void {}

/** Reasons that say that nobody issued what was sent. */
const GUESSES: ReadonlySet<string> = new Set(['unknown', 'key', 'signature', 'algorithm']);
const WINDOW_MS = 60_000;
const MAX_KEPT = 10_000;
/** A connection that hangs is no better than none. */
const PATIENCE_MS = 500;
