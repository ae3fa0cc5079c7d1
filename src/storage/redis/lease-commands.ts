/** What the lease manager asks of Redis. Each key stands alone, so that a cluster may hold them apart. */
import type { Redis } from 'ioredis';

export interface LeaseCommands {
  /** 0 = taken; otherwise for how many milliseconds another token still holds it. */
  acquire(key: string, token: string, leaseMs: number): Promise<number>;
  /** Per `[key, token]`: extended, or false when another token holds it. `undefined` = not known. One round trip. */
  renew(leases: readonly (readonly [key: string, token: string])[], leaseMs: number): Promise<readonly (boolean | undefined)[]>;
  /** Deletes the key if the token holds it. */
  release(key: string, token: string): Promise<void>;
  /** Which of them are there, and for how many milliseconds this Redis has had no loss of memory, up to the end of the look (L4). */
  exist(keys: readonly string[], markerKey: string): Promise<{ readonly live: readonly boolean[]; readonly remembersMs: number }>;
  /** Milliseconds that each key has left; 0 = it is not there. */
  remaining(keys: readonly string[]): Promise<readonly number[]>;
}

export function defineLeaseCommands(client: Redis): LeaseCommands {
  return {
    async acquire(key, token, leaseMs) {
      return Number(await client.eval(TAKE, 1, key, token, leaseMs));
    },
    async renew(leases, leaseMs) {
      const pipeline = client.pipeline();
      for (const [key, token] of leases) pipeline.eval(TAKE, 1, key, token, leaseMs);
      const results = (await pipeline.exec()) ?? [];
      return leases.map((_, index) => {
        const [error, remainingMs] = results[index] ?? [];
        return error ? undefined : remainingMs === 0;
      });
    },
    async release(key, token) {
      await client.eval(RELEASE, 1, key, token);
    },
    async exist(keys, markerKey) {
      const answers: number[] = [];
      for (let start = 0; start < keys.length; start += CHUNK) {
        const pipeline = client.pipeline();
        for (const key of keys.slice(start, start + CHUNK)) pipeline.exists(key);
        // Behind the last key: what is lost between two of these commands is known too.
        if (start + CHUNK >= keys.length) pipeline.eval(REMEMBERS, 1, markerKey);
        for (const [error, answer] of (await pipeline.exec()) ?? []) {
          if (error) throw error;
          answers.push(Number(answer));
        }
      }
      return { live: keys.map((_, index) => answers[index] === 1), remembersMs: answers[keys.length] ?? 0 };
    },
    async remaining(keys) {
      const left: number[] = [];
      for (let start = 0; start < keys.length; start += CHUNK) {
        const pipeline = client.pipeline();
        for (const key of keys.slice(start, start + CHUNK)) pipeline.pttl(key);
        for (const [error, ms] of (await pipeline.exec()) ?? []) {
          if (error) throw error;
          left.push(Math.max(0, Number(ms)));
        }
      }
      return left;
    },
  };
}

/**
 * Taking and renewing are the same: the key is ours afterwards unless another token holds it. So a command that is sent again after
 * a lost answer finds its own token and succeeds. 1 at least for a holder whose key is about to expire.
 */
const TAKE = `local holder = redis.call('GET', KEYS[1])
if not holder or holder == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 0
end
return math.max(1, redis.call('PTTL', KEYS[1]))`;

const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

/**
 * For how long this very Redis has had the marker `<run id> <time>`. One without it, or with that of another life, has lost keys or may
 * have: emptied, restarted from an append-only file without its end, a replica that was promoted. Then it counts from now, as it does when
 * its clock was set back, which expiries go by too.
 */
const REMEMBERS = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local life = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or '-'
local known, since = string.match(redis.call('GET', KEYS[1]) or '', '(%S+) (%d+)')
if known == life and tonumber(since) <= now then return now - tonumber(since) end
redis.call('SET', KEYS[1], life .. ' ' .. string.format('%.0f', now))
return 0`;

const CHUNK = 1_000;
