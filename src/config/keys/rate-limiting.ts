/** `rate_limiting` (CFG-86): how much callers may ask for. */
import { choice, flag, integer, list, object, optional, type Static, section, text } from '../schema-builder.js';
import type { RateLimitingSettings } from '../settings.js';

const SCOPES = ['session', 'user', 'tenant'] as const;

const LimitSchema = object(
  {
    type: choice(['token', 'count', 'request'], 'Tokens that models use, messages for agents, or every call of A2A and MCP.'),
    window: choice(['minute', 'hour', 'day', 'week', 'month'], 'It begins with the first thing counted in it; a month has 30 days.'),
    limit: integer('So many in each window.', { minimum: 1, maximum: 1_000_000_000_000 }),
    scope: optional(choice(SCOPES, 'Whom it is for; default: rate_limiting.scope, for requests user.')),
  },
  'One limit.',
);

export const RateLimitingSchema = section(
  {
    enabled: flag('Callers are limited.', { default: false }),
    scope: choice(
      SCOPES,
      'Whom limits are for: each session of a caller, who may begin any number of them; each caller; or all callers of a tenant together.',
      {
        default: 'session',
      },
    ),
    backend: choice(
      ['redis', 'sql'],
      'Where windows are counted, for all processes: in Redis; or in a database, where they outlive Redis and each request costs a transaction.',
      { default: 'redis', 'x-aliases': { memory: 'redis' } },
    ),
    sql_database: text('With sql: name in databases. Empty: that of storage.', { default: '' }),
    on_failure: choice(
      ['count_locally', 'allow', 'refuse'],
      'While they cannot be counted there: each process counts by itself, from nothing; everything passes; or everything is refused with 503.',
      { default: 'count_locally' },
    ),
    limits: list(LimitSchema, 'All of them hold. Without any: 60 messages a minute and 100,000 tokens a day.', { default: [] }),
    max_active_runs: integer('Runs of one caller that are at work at once; 0 is any number.', { default: 0, minimum: 0, maximum: 1_000 }),
  },
  'Limits for callers, of all processes together.',
);

export function resolveRateLimiting(own: Static<typeof RateLimitingSchema>): RateLimitingSettings {
  const limits = own.limits.length === 0 && own.enabled && own.max_active_runs === 0 ? DEFAULT_LIMITS : own.limits;
  return {
    enabled: own.enabled,
    scope: own.scope,
    backend: own.backend,
    sqlDatabase: own.sql_database,
    onFailure: own.on_failure,
    limits: limits.map(({ type, window, limit, scope }) => ({
      ...{ type, window, limit },
      // A call that reads or cancels is of no session.
      scope: scope ?? (type === 'request' && own.scope === 'session' ? 'user' : own.scope),
    })),
    maxActiveRuns: own.max_active_runs,
  };
}

const DEFAULT_LIMITS: Static<typeof RateLimitingSchema>['limits'] = [
  { type: 'token', window: 'day', limit: 100_000 },
  { type: 'count', window: 'minute', limit: 60 },
];
