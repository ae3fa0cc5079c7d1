/**
 * Who came in and who did not, for the audit, or as lines of the log where there is none (SEC-16): always the same members, never a secret,
 * nothing that an unproved token says.
 *
 * Owns: who was seen lately, so that a caller is one line and not one per request. At most `MAX_SEEN`; beyond, the one seen first is told anew.
 */
import type { Clock } from '../base/clock.js';
import { type Audit, silentAudit } from '../observe/audit.js';
import type { Logger } from '../observe/log.js';

export interface AuditedAttempt {
  readonly action: 'authenticate' | 'authorize';
  /** '' = nobody knows. */
  readonly subject: string;
  readonly success: boolean;
  /** '' where there is nothing to say. */
  readonly reason: string;
  readonly credential: 'token' | 'api_key' | 'none';
  readonly address: string;
}

export class AuditLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #audit: Audit;
  /** Until when, by caller. */
  readonly #seen = new Map<string, number>();

  constructor(log: Logger, clock: Clock, audit: Audit = silentAudit) {
    this.#audit = audit;
    this.#log = log;
    this.#clock = clock;
  }

  record(attempt: AuditedAttempt): void {
    const { action, subject, success, reason, credential, address } = attempt;
    const level = success ? (this.#isNews(attempt) ? 'info' : 'debug') : 'warn';
    if (this.#audit.isOn) {
      const error = reason === '' ? {} : { error: reason };
      if (level !== 'debug') this.#audit.record({ action: `auth.${action}`, user: subject, success, remoteAddress: address, ...error });
      return;
    }
    this.#log[level](
      { component: 'audit', action, subject, success, reason, credential, address },
      success ? 'access granted' : 'access refused',
    );
  }

  #isNews({ action, subject, credential, address }: AuditedAttempt): boolean {
    const key = JSON.stringify([action, subject, credential, address]);
    const now = this.#clock.monotonic();
    const until = this.#seen.get(key);
    if (until !== undefined && now < until) return false;
    if (this.#seen.size >= MAX_SEEN) this.#seen.delete(this.#seen.keys().next().value as string);
    // Behind all others, as it is the newest.
    this.#seen.delete(key);
    this.#seen.set(key, now + NEWS_MS);
    return true;
  }
}

const MAX_SEEN = 10_000;
const NEWS_MS = 15 * 60 * 1000;
