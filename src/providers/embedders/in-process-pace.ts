/** Pacing of one process: buckets in memory. Owns them; an account that nobody asked for a while is forgotten when there are many. */
import type { Clock } from '../../base/clock.js';
import { configuredWindow, type Pace, type PaceLimits, type RateWindow } from './pace.js';

interface Bucket {
  level: number;
  capacity: number;
  perMs: number;
  at: number;
}

interface Account {
  requests: Bucket | undefined;
  tokens: Bucket | undefined;
  pauseUntil: number;
}

export function createInProcessPace(clock: Clock): Pace {
  const accounts = new Map<string, Account>();

  const find = (name: string): Account => {
    const known = accounts.get(name) ?? { requests: undefined, tokens: undefined, pauseUntil: 0 };
    // Moved to the end: the first is the one that was longest unused.
    accounts.delete(name);
    accounts.set(name, known);
    for (const oldest of accounts.keys()) {
      if (accounts.size <= MAX_ACCOUNTS) break;
      accounts.delete(oldest);
    }
    return known;
  };
  const pauseOf = (account: Account, now: number) => Math.max(0, account.pauseUntil - now);

  return {
    async take(name, cost, limits) {
      const now = clock.monotonic();
      const account = find(name);
      applyLimits(account, limits, now);
      const waits = [takeFrom(account.requests, cost.requests, now), takeFrom(account.tokens, cost.tokens, now)];
      return Math.ceil(Math.max(pauseOf(account, now), ...(cost.urgent ? [] : waits)));
    },
    async pauseMs(name) {
      return Math.ceil(pauseOf(find(name), clock.monotonic()));
    },
    async settle(name, { unusedRequests, unusedTokens, rate, pauseMs }) {
      const now = clock.monotonic();
      const account = find(name);
      account.requests = learn(giveBack(account.requests, unusedRequests, now), rate.requests, now);
      account.tokens = learn(giveBack(account.tokens, unusedTokens, now), rate.tokens, now);
      if (pauseMs > 0) account.pauseUntil = Math.max(account.pauseUntil, now + pauseMs);
    },
  };
}

function applyLimits(account: Account, { requestsPerMinute, tokensPerMinute }: PaceLimits, now: number): void {
  if (requestsPerMinute > 0) account.requests = narrow(account.requests, configuredWindow(requestsPerMinute), now);
  if (tokensPerMinute > 0) account.tokens = narrow(account.tokens, configuredWindow(tokensPerMinute), now);
}

/** The narrower of what is configured and what the service told. */
function narrow(bucket: Bucket | undefined, window: ReturnType<typeof configuredWindow>, now: number): Bucket {
  if (bucket === undefined) return { level: window.remaining, capacity: window.limit, perMs: window.perMs, at: now };
  const current = refill(bucket, now);
  current.capacity = Math.min(current.capacity, window.limit);
  current.level = Math.min(current.level, current.capacity);
  current.perMs = Math.min(current.perMs, window.perMs);
  return current;
}

function learn(bucket: Bucket | undefined, window: RateWindow | undefined, now: number): Bucket | undefined {
  if (window === undefined) return bucket;
  const { limit: capacity, remaining, perMs = bucket?.perMs ?? capacity / MINUTE_MS } = window;
  const level = bucket === undefined ? remaining : Math.min(refill(bucket, now).level, remaining);
  return { level, capacity, perMs, at: now };
}

function takeFrom(bucket: Bucket | undefined, cost: number, now: number): number {
  if (bucket === undefined) return 0;
  refill(bucket, now).level -= cost;
  return bucket.level >= 0 ? 0 : -bucket.level / bucket.perMs;
}

function giveBack(bucket: Bucket | undefined, amount: number, now: number): Bucket | undefined {
  if (bucket === undefined) return undefined;
  const current = refill(bucket, now);
  current.level = Math.min(current.capacity, current.level + amount);
  return current;
}

function refill(bucket: Bucket, now: number): Bucket {
  bucket.level = Math.min(bucket.capacity, bucket.level + (now - bucket.at) * bucket.perMs);
  bucket.at = now;
  return bucket;
}

const MINUTE_MS = 60_000;
const MAX_ACCOUNTS = 100;
