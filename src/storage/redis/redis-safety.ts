import { type Redis, ReplyError } from 'ioredis';
import { AppError } from '../../base/errors.js';
import type { Logger } from '../../observe/log.js';
import { isOlder, MINIMUM_REDIS_VERSION } from './redis-binary.js';

/**
 * Refuses a Redis that may throw keys away, and warns about one that forgets at a restart (ARCHITECTURE §6).
 * Reads `INFO`, because managed services forbid `CONFIG`.
 */
export async function assertRedisIsSafe(client: Redis, log: Logger): Promise<void> {
  const text = await client.info().catch((cause: unknown) => {
    // BullMQ needs it too, and would say less.
    throw new AppError('REDIS_UNAVAILABLE', {
      message: 'Redis does not let this user run INFO, which Hector needs; allow it (ACL: +info)',
      cause,
    });
  });
  const facts = readFacts(text);
  const version = facts.get('redis_version');
  if (version !== undefined && isOlder(version, MINIMUM_REDIS_VERSION)) {
    throw new AppError('REDIS_UNAVAILABLE', { message: `Redis ${version} is too old; Hector needs ${MINIMUM_REDIS_VERSION} or newer` });
  }
  const eviction = describeEviction(facts);
  if (eviction !== undefined) throw new AppError('REDIS_EVICTS', { message: eviction });
  if (facts.get('aof_enabled') === '0') {
    log.warn(
      'Redis keeps no append-only file: after its restart, queues are rebuilt from the database, which takes seconds. Set `appendonly yes` to avoid that',
    );
  }
}

/** Somebody may change the policy while Hector runs: why this Redis may throw keys away now, and the cure. @throws while Redis is away. */
export async function findEviction(client: Redis): Promise<string | undefined> {
  return describeEviction(readFacts(await client.info('memory')));
}

/**
 * A Redis may answer and refuse to write (memory is full, a replica, its disk fails): then nothing moves, and every read looks well.
 * @returns why, in its words; `undefined` = it writes. @throws while Redis is away.
 */
export async function findWriteRefusal(client: Redis, keyPrefix: string): Promise<string | undefined> {
  try {
    await client.set(`${keyPrefix}:probe`, '1', 'PX', PROBE_LIFE_MS);
    return undefined;
  } catch (error) {
    // An answer of the server; anything else is no answer.
    if (error instanceof ReplyError) return (error as Error).message;
    throw error;
  }
}

const PROBE_LIFE_MS = 1_000;

function readFacts(info: string): ReadonlyMap<string, string> {
  return new Map(info.split('\r\n').map((line) => line.split(':', 2) as [string, string]));
}

function describeEviction(facts: ReadonlyMap<string, string>): string | undefined {
  const policy = facts.get('maxmemory_policy');
  if (policy === undefined || policy === 'noeviction') return undefined;
  return `Redis has \`maxmemory-policy ${policy}\` and may throw queued work away when memory is short. Set \`maxmemory-policy noeviction\` in its configuration, or at once: redis-cli CONFIG SET maxmemory-policy noeviction`;
}
