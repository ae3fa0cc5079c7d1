/** Windows of all processes on one Redis. Its clock is the only one: a window is a key that expires. */
import type { Redis } from 'ioredis';
import type { ActiveRuns, NotedRun } from '../../access/active-runs.js';
import type { RateWindows, TakeOutcome, WindowTake } from '../../access/rate-windows.js';
import { AppError } from '../../base/errors.js';
import { sha256Hex } from '../../base/json.js';

export interface RedisRateWindowsOptions {
  /** `RedisConnections.main` */
  readonly client: Redis;
  readonly keyPrefix: string;
}

export class RedisRateWindows implements RateWindows, ActiveRuns {
  readonly #options: RedisRateWindowsOptions;

  constructor(options: RedisRateWindowsOptions) {
    this.#options = options;
  }

  async take(takes: readonly WindowTake[]): Promise<TakeOutcome> {
    const keys = takes.map(({ key }) => key);
    const [isTaken, ...states] = await this.#run(
      TAKE,
      keys,
      takes.flatMap(({ limit, windowMs, cost }) => [limit, windowMs, cost]),
    );
    return {
      isTaken: isTaken === 1,
      windows: takes.map((_, index) => ({ used: states[index * 2] as number, resetMs: states[index * 2 + 1] as number })),
    };
  }

  async spend(spends: readonly Omit<WindowTake, 'limit'>[]): Promise<void> {
    const keys = spends.map(({ key }) => key);
    await this.#run(
      SPEND,
      keys,
      spends.flatMap(({ windowMs, cost }) => [windowMs, cost]),
    );
  }

  async reserve(caller: string, taskId: string, limit: number): Promise<boolean> {
    const [isReserved] = await this.#run(RESERVE, [activeKey(caller)], [taskId, limit]);
    return isReserved === 1;
  }

  async forget(caller: string, taskIds: readonly string[]): Promise<void> {
    if (taskIds.length > 0) await this.#client().zrem(this.#key(activeKey(caller)), ...taskIds);
  }

  async list(caller: string): Promise<readonly NotedRun[]> {
    const answer = (await this.#client().eval(LIST, 1, this.#key(activeKey(caller)))) as readonly string[];
    return answer.flatMap((taskId, index) => (index % 2 === 0 ? [{ taskId, ageMs: Number(answer[index + 1]) }] : []));
  }

  async #run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<readonly number[]> {
    const answer = await this.#client().eval(script, keys.length, ...keys.map((key) => this.#key(key)), ...args);
    return (answer as readonly unknown[]).map(Number);
  }

  /** Fails at once while there is no connection: whoever counts decides what to do meanwhile. */
  #client(): Redis {
    const { client } = this.#options;
    if (client.status !== 'ready') throw new AppError('REDIS_UNAVAILABLE');
    return client;
  }

  #key(key: string): string {
    return `${this.#options.keyPrefix}:rate:${key}`;
  }
}

function activeKey(caller: string): string {
  return `runs:${sha256Hex(caller).slice(0, 32)}`;
}

/** ARGV: limit, length in ms and cost of each window. Answers whether all were taken, then use and rest of each. */
const TAKE = `local answer = { 1 }
for i, key in ipairs(KEYS) do
  local used = tonumber(redis.call('GET', key)) or 0
  if used + math.max(1, tonumber(ARGV[i * 3])) > tonumber(ARGV[i * 3 - 2]) then answer[1] = 0 end
end
for i, key in ipairs(KEYS) do
  local cost = tonumber(ARGV[i * 3])
  local used = tonumber(redis.call('GET', key)) or 0
  if answer[1] == 1 and cost > 0 then used = redis.call('INCRBY', key, cost) end
  local rest = redis.call('PTTL', key)
  if rest < 0 then
    rest = tonumber(ARGV[i * 3 - 1])
    if used > 0 then redis.call('PEXPIRE', key, rest) end
  end
  answer[i * 2] = used
  answer[i * 2 + 1] = rest
end
return answer`;

/** ARGV: length in ms and cost of each window. */
const SPEND = `for i, key in ipairs(KEYS) do
  redis.call('INCRBY', key, ARGV[i * 2])
  if redis.call('PTTL', key) < 0 then redis.call('PEXPIRE', key, ARGV[i * 2 - 1]) end
end
return { 1 }`;

/** ARGV: run, limit. A run that is there already takes no second place. What nobody asked about for a day goes. */
const RESERVE = `redis.call('PEXPIRE', KEYS[1], 86400000)
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return { 1 } end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return { 0 } end
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], time[1] .. '.' .. string.format('%06d', time[2]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], 86400000)
return { 1 }`;

/** Each run, and since when it has its place. */
const LIST = `local time = redis.call('TIME')
local now = tonumber(time[1] .. '.' .. string.format('%06d', time[2]))
local runs = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 2, #runs, 2 do runs[i] = string.format('%.0f', math.max(0, (now - tonumber(runs[i])) * 1000)) end
return runs`;
