import type { Environment } from '../environment.js';
import type { Finding } from '../problem.js';
import { type Static, section, text } from '../schema-builder.js';
import type { RedisSettings } from '../settings.js';
import type { ResolveContext } from './resolve-context.js';

const ADDRESS = '^$|^(redis|rediss)://.|^unix:///.';
const FORM = 'redis://host:port, rediss://host:port or unix:///path';

export const RedisSchema = section(
  {
    url: text(
      'Address of a Redis server: redis://, rediss:// or unix://. Default: the variable REDIS_URL; empty starts a private one in the state folder.',
      {
        default: '',
        pattern: ADDRESS,
        'x-form': FORM,
      },
    ),
    key_prefix: text('Every key in Redis starts with it.', { default: 'hector', minLength: 1, maxLength: 64 }),
    binary: text('Program for the private server; empty takes redis-server or valkey-server from the PATH.', { default: '' }),
  },
  'Coordination: queues, leases, live streams.',
);

export function resolveRedis(redis: Static<typeof RedisSchema>, context: ResolveContext): RedisSettings {
  return { url: redis.url || (context.environment.REDIS_URL ?? ''), keyPrefix: redis.key_prefix, binary: redis.binary };
}

/** REDIS_URL must have the form that the key has; its value may hold a password and is not shown. */
export function checkRedisVariable(environment: Environment): Finding[] {
  if (new RegExp(ADDRESS).test(environment.REDIS_URL ?? '')) return [];
  return [{ path: ['REDIS_URL'], description: `the variable (not shown) does not fit; wanted ${FORM}` }];
}
