/** What a service with limits decides about a request: buckets as OpenAI has them, with its headers, and accidents by chance. */

import { type EmbeddingReply, type EmbeddingRequest, tokensOf } from './peers/embedding-peer.js';
import { createRandom } from './random.js';

export interface LimitedServiceOptions {
  readonly requestsPerSecond: number;
  readonly tokensPerSecond: number;
  readonly seed: number;
  /** Of each kind of accident. */
  readonly chance: number;
}

class Bucket {
  readonly limit: number;
  readonly #perMs: number;
  #level: number;
  #at: number;

  constructor(limit: number, perMs: number) {
    this.limit = limit;
    this.#perMs = perMs;
    this.#level = limit;
    this.#at = performance.now();
  }

  get level(): number {
    const now = performance.now();
    this.#level = Math.min(this.limit, this.#level + (now - this.#at) * this.#perMs);
    this.#at = now;
    return this.#level;
  }

  take(amount: number): void {
    this.#level = this.level - amount;
  }

  msUntil(amount: number): number {
    return Math.max(0, (amount - this.level) / this.#perMs);
  }

  headers(kind: string): Record<string, string> {
    return {
      [`x-ratelimit-limit-${kind}`]: String(this.limit),
      [`x-ratelimit-remaining-${kind}`]: String(Math.max(0, Math.floor(this.level))),
      [`x-ratelimit-reset-${kind}`]: `${Math.ceil(this.msUntil(this.limit))}ms`,
    };
  }
}

/** Buckets hold what fills them in half a second. */
export function createLimitedService({ requestsPerSecond, tokensPerSecond, seed, chance }: LimitedServiceOptions) {
  const requests = new Bucket(requestsPerSecond / 2, requestsPerSecond / 1_000);
  const tokens = new Bucket(tokensPerSecond / 2, tokensPerSecond / 1_000);
  const random = createRandom(seed);
  const refusals = { bucket: 0, chance: 0, large: 0, failed: 0 };
  const headers = () => ({ ...requests.headers('requests'), ...tokens.headers('tokens') });
  const refuse = (status: number, message: string, more: Record<string, string> = {}): EmbeddingReply => ({
    type: 'status',
    status,
    headers: { ...headers(), ...more },
    body: { error: { message, type: 'requests', param: null, code: null } },
  });

  return {
    refusals,
    tokenLimit: tokens.limit,
    decide({ texts }: EmbeddingRequest): EmbeddingReply {
      const cost = tokensOf(texts);
      const waitMs = Math.max(requests.msUntil(1), tokens.msUntil(cost));
      if (waitMs > 0) {
        refusals.bucket += 1;
        return refuse(429, 'Rate limit reached', { 'retry-after-ms': String(Math.ceil(waitMs)) });
      }
      const dice = random.next();
      if (dice < chance) {
        refusals.chance += 1;
        return refuse(429, 'Too many requests just now', { 'retry-after-ms': '50' });
      }
      requests.take(1);
      if (dice < 2 * chance && texts.length > 1) {
        refusals.large += 1;
        return refuse(413, 'Request too large');
      }
      if (dice < 3 * chance) {
        refusals.failed += 1;
        return refuse(dice < 2.5 * chance ? 500 : 503, 'The server had an error');
      }
      tokens.take(cost);
      return { type: 'vectors', headers: headers() };
    },
  };
}
