/** Pacing of all processes on one Redis (`providers/embedders/pace.ts`). Its clock is the only one: those of processes differ. */
import type { Redis } from 'ioredis';
import { AppError } from '../../base/errors.js';
import {
  configuredWindow,
  type Pace,
  type PaceCost,
  type PaceLimits,
  type PaceReport,
  type RateWindow,
} from '../../providers/embedders/pace.js';

export interface RedisPaceOptions {
  /** `RedisConnections.main` */
  readonly client: Redis;
  readonly keyPrefix: string;
}

export class RedisPace implements Pace {
  readonly #options: RedisPaceOptions;

  constructor(options: RedisPaceOptions) {
    this.#options = options;
  }

  take(account: string, { requests, tokens, urgent }: PaceCost, limits: PaceLimits): Promise<number> {
    const { requestsPerMinute, tokensPerMinute } = limits;
    return this.#run(account, [
      ...['take', requests, tokens, urgent ? 1 : 0],
      ...windowArguments(requestsPerMinute > 0 ? configuredWindow(requestsPerMinute) : undefined),
      ...windowArguments(tokensPerMinute > 0 ? configuredWindow(tokensPerMinute) : undefined),
    ]);
  }

  pauseMs(account: string): Promise<number> {
    return this.#run(account, ['pause']);
  }

  async settle(account: string, { unusedRequests, unusedTokens, rate, pauseMs }: PaceReport): Promise<void> {
    const windows = [...windowArguments(rate.requests), ...windowArguments(rate.tokens)];
    await this.#run(account, ['settle', unusedRequests, unusedTokens, pauseMs, ...windows]);
  }

  /** Fails at once while there is no connection: whoever paces goes on alone meanwhile. */
  async #run(account: string, args: readonly (string | number)[]): Promise<number> {
    const { client, keyPrefix } = this.#options;
    if (client.status !== 'ready') throw new AppError('REDIS_UNAVAILABLE');
    return Number(await client.eval(PACE, 1, `${keyPrefix}:pace:${account}`, ...args));
  }
}

function windowArguments(window: RateWindow | undefined): readonly number[] {
  return window === undefined ? [0, 0, 0] : [window.limit, window.remaining, window.perMs ?? 0];
}

/**
 * KEYS[1]: a hash with, per bucket (`r` requests, `t` tokens), level, capacity, rate per ms and the time that the level is of; and `pause`, until when
 * nobody asks. ARGV: `take` requests tokens urgent, then limit, remaining and rate of the configured windows; `settle` unused requests, unused
 * tokens, pause, then those of the windows that the service told (rate 0: as before, else the limit is per minute); `pause`. Answers milliseconds to wait. The key goes when nobody asked for an hour.
 */
const PACE = `local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local key = KEYS[1]
local names = { 'r', 't' }
local fields = redis.call('HMGET', key, 'rl', 'rc', 'rr', 'ra', 'tl', 'tc', 'tr', 'ta', 'pause')
local buckets = {}
for i = 1, 2 do
  local at = (i - 1) * 4
  local level = tonumber(fields[at + 1])
  if level then
    local b = { level = level, capacity = tonumber(fields[at + 2]), rate = tonumber(fields[at + 3]) }
    b.level = math.min(b.capacity, b.level + math.max(0, now - tonumber(fields[at + 4])) * b.rate)
    buckets[i] = b
  end
end
local pause = tonumber(fields[9]) or 0
local wait = math.max(0, pause - now)
if ARGV[1] == 'pause' then return tostring(math.ceil(wait)) end
for i = 1, 2 do
  local b = buckets[i]
  local amount = tonumber(ARGV[i + 1])
  local first = 2 + i * 3
  local limit, remaining, rate = tonumber(ARGV[first]), tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2])
  if ARGV[1] == 'take' then
    if limit > 0 then
      if not b then b = { level = remaining, capacity = limit, rate = rate } end
      b.capacity = math.min(b.capacity, limit)
      b.level = math.min(b.level, b.capacity)
      b.rate = math.min(b.rate, rate)
    end
    if b then
      b.level = b.level - amount
      if b.level < 0 and ARGV[4] == '0' then wait = math.max(wait, -b.level / b.rate) end
    end
  else
    if b then b.level = math.min(b.capacity, b.level + amount) end
    if limit > 0 then
      if b then
        b.level = math.min(b.level, remaining)
      else
        b = { level = remaining }
      end
      b.capacity = limit
      if rate > 0 then b.rate = rate end
      if not b.rate then b.rate = limit / 60000 end
    end
  end
  if b then
    local n = names[i]
    redis.call('HSET', key, n .. 'l', string.format('%.6f', b.level), n .. 'c', string.format('%.6f', b.capacity),
      n .. 'r', string.format('%.12f', b.rate), n .. 'a', string.format('%.3f', now))
  end
end
if ARGV[1] == 'settle' and tonumber(ARGV[4]) > 0 then
  redis.call('HSET', key, 'pause', string.format('%.3f', math.max(pause, now + tonumber(ARGV[4]))))
end
redis.call('PEXPIRE', key, 3600000)
return tostring(math.ceil(wait))`;
