/**
 * The public keys of an identity provider (SEC-01).
 *
 * Owns: the keys fetched last, when that was, and the one fetch that is under way. Does not own: what a token says.
 * 1. Only asymmetric keys that are for signatures are kept: no token can be checked against a secret.
 * 2. Fetches are `refreshCooldownMs` apart, whatever tokens name: who makes up key ids makes no more of them.
 * 3. A token with an unknown key id waits for the next fetch, so that a new key counts from its first token on.
 * 4. What cannot be fetched changes nothing until the keys are `keysMaxAgeMs` old; then no token can be judged.
 */
import type { CryptoKey, createLocalJWKSet, errors, JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import type { CancelTimer, Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import type { TokenSettings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import { fetchKeySet } from './fetch-key-set.js';

type FindKey = ReturnType<typeof createLocalJWKSet>;

export interface KeySetOptions {
  readonly settings: Pick<TokenSettings, 'jwksUrl' | 'refreshIntervalMs' | 'refreshCooldownMs' | 'keysMaxAgeMs' | 'fetchTimeoutMs'>;
  readonly jose: { readonly createLocalJWKSet: typeof createLocalJWKSet; readonly errors: typeof errors };
  readonly clock: Clock;
  readonly log: Logger;
}

export class KeySet {
  readonly #options: KeySetOptions;
  readonly #closing = new AbortController();
  #find: FindKey | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #flight: Promise<boolean> | undefined;
  #waiting = 0;
  #cancelTimer: CancelTimer = () => {};

  /** Fetches at once; nobody has to wait for it. */
  constructor(options: KeySetOptions) {
    this.#options = options;
    void this.#refresh();
  }

  /** @throws AppError `ACCESS_KEYS_UNAVAILABLE`; what jose throws for a token that no key fits. */
  readonly getKey: JWTVerifyGetKey<CryptoKey> = async (header, token) => {
    if (!this.#isUsable() && this.#waiting < MAX_WAITING) await this.#waitForFetch();
    // A fetch that is under way may have begun before the key was published.
    for (let fetches = this.#flight === undefined ? 1 : 2; ; fetches--) {
      try {
        return await this.#getFind()(header, token);
      } catch (error) {
        if (!(error instanceof this.#options.jose.errors.JWKSNoMatchingKey) || fetches === 0 || this.#waiting >= MAX_WAITING) throw error;
        if (!(await this.#waitForFetch())) throw unavailable();
      }
    }
  };

  /** May be called twice. */
  close(): void {
    this.#cancelTimer();
    this.#closing.abort();
  }

  #isUsable(): boolean {
    return this.#options.clock.monotonic() - this.#fetchedAt <= this.#options.settings.keysMaxAgeMs;
  }

  #getFind(): FindKey {
    if (this.#find === undefined || !this.#isUsable()) throw unavailable();
    return this.#find;
  }

  async #waitForFetch(): Promise<boolean> {
    this.#waiting += 1;
    try {
      return await this.#refresh();
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Never rejects. @returns whether keys came. */
  #refresh(): Promise<boolean> {
    this.#flight ??= this.#fetchInTurn().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  async #fetchInTurn(): Promise<boolean> {
    const { settings, clock, log } = this.#options;
    const { signal } = this.#closing;
    this.#cancelTimer();
    try {
      const waitMs = this.#triedAt + settings.refreshCooldownMs - clock.monotonic();
      if (waitMs > 0) await clock.sleep(waitMs, signal);
      signal.throwIfAborted();
      this.#triedAt = clock.monotonic();
      this.#keep(await fetchKeySet({ url: settings.jwksUrl, timeoutMs: settings.fetchTimeoutMs, clock, signal }));
      this.#schedule(settings.refreshIntervalMs);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      const keptMs = Math.max(0, this.#fetchedAt + settings.keysMaxAgeMs - clock.monotonic());
      log.warn(
        { err: error, host: new URL(settings.jwksUrl).host, keptMs },
        `the keys of tokens (server.auth.jwks_url) cannot be fetched; ${keptMs === 0 ? 'no token can be checked until they can' : 'those fetched before are used meanwhile'}`,
      );
      this.#schedule(Math.min(settings.refreshIntervalMs, RETRY_MS));
      return false;
    }
  }

  #keep(keys: JSONWebKeySet): void {
    this.#find = this.#options.jose.createLocalJWKSet(keys);
    this.#fetchedAt = this.#options.clock.monotonic();
  }

  #schedule(delayMs: number): void {
    this.#cancelTimer = this.#options.clock.after(delayMs, () => void this.#refresh());
  }
}

function unavailable(): AppError {
  return new AppError('ACCESS_KEYS_UNAVAILABLE', { retryAfterMs: 5_000 });
}

/** Tokens that wait for a fetch; more are judged by the keys that are there, or refused where there are none. */
const MAX_WAITING = 1_000;
/** Until the next fetch after one that failed, where nobody asks for one. */
const RETRY_MS = 30_000;
