/** Redis as `hector doctor` sees it: nothing is started, nothing but a probe key is written. */
import type { Clock } from '../../base/clock.js';
import { describeError, hasCode } from '../../base/errors.js';
import { type Finding, fail, ok, warn } from '../../base/finding.js';
import type { Settings } from '../../config/settings.js';
import { silentLogger } from '../../observe/log.js';
import { connectRedis } from './connect.js';
import { findRedisBinary } from './redis-binary.js';
import type { RedisConnections } from './redis-connections.js';
import { findWriteRefusal } from './redis-safety.js';

export async function inspectRedis({ redis }: Pick<Settings, 'redis'>, clock: Clock): Promise<readonly Finding[]> {
  if (redis.url === '') return [await inspectBinary(redis.binary)];
  let connections: RedisConnections;
  try {
    connections = await connectRedis({ url: redis.url, role: 'doctor', log: silentLogger, clock, timeoutMs: TIMEOUT_MS });
  } catch (error) {
    if (hasCode(error, 'REDIS_EVICTS')) return [fail('Redis memory policy', describeError(error), EVICTS_NOT)];
    return [fail('Redis', describeError(error), 'correct redis.url, or start it; without redis.url Hector runs one of its own')];
  }
  try {
    const client = connections.main;
    const startedMs = clock.monotonic();
    const [seconds = '0', micros = '0'] = (await client.time()).map(String);
    const tookMs = clock.monotonic() - startedMs;
    const facts = new Map((await client.info()).split('\r\n').map((line) => line.split(':', 2) as [string, string]));
    const refusal = await findWriteRefusal(client, redis.keyPrefix);
    return [
      ok('Redis', `answers in ${Math.ceil(tookMs)} ms, version ${facts.get('redis_version') ?? 'unknown'}`),
      // A policy that evicts is refused by `connectRedis`.
      ok('Redis memory policy', 'noeviction'),
      facts.get('aof_enabled') === '0'
        ? warn(
            'Redis persistence',
            'there is no append-only file: after its restart queues are rebuilt from the database',
            "set 'appendonly yes'",
          )
        : ok('Redis persistence', 'append-only file'),
      refusal === undefined
        ? ok('Redis writes', 'are taken')
        : fail('Redis writes', `are refused: ${refusal}`, 'give it memory or disk, or name the primary in redis.url'),
      inspectMemory(facts),
      inspectClock('Redis clock', Number(seconds) * 1_000 + Number(micros) / 1_000, clock.now()),
    ];
  } catch (error) {
    return [fail('Redis', describeError(error), 'look at its log')];
  } finally {
    await connections.close();
  }
}

async function inspectBinary(binary: string): Promise<Finding> {
  try {
    return ok('Redis', `embedded, by ${await findRedisBinary(binary)}`);
  } catch (error) {
    return fail('Redis', describeError(error), 'install redis-server, or set redis.url');
  }
}

function inspectMemory(facts: ReadonlyMap<string, string>): Finding {
  const limit = Number(facts.get('maxmemory') ?? 0);
  const used = Number(facts.get('used_memory') ?? 0);
  if (limit > 0 && used > limit * NEARLY_FULL)
    return warn(
      'Redis memory',
      `${Math.round((used / limit) * 100)} % of maxmemory is used`,
      'raise maxmemory: when it is full, nothing is queued any more',
    );
  return ok('Redis memory', `${Math.round(used / 1_048_576)} MiB used${limit > 0 ? ` of ${Math.round(limit / 1_048_576)}` : ''}`);
}

/** Two clocks, read within a few milliseconds of each other. */
export function inspectClock(check: string, theirs: number, ours: number): Finding {
  const seconds = Math.round(Math.abs(theirs - ours) / 1_000);
  if (seconds <= MAX_SKEW_S) return ok(check, `differs by ${seconds} s`);
  return warn(check, `differs from this machine's by ${seconds} s; waits end early or late by as much`, 'synchronise both (NTP)');
}

const EVICTS_NOT = 'redis-cli CONFIG SET maxmemory-policy noeviction, and the same in its configuration file';
const TIMEOUT_MS = 3_000;
const NEARLY_FULL = 0.85;
const MAX_SKEW_S = 5;
