import { duration, flag, integer, type Static, section, text } from '../schema-builder.js';
import type { PushSettings } from '../settings.js';
import { privatePlaces } from './private-places.js';

export const PushSchema = section(
  {
    enabled: flag('Clients may register webhooks for their tasks.', { default: true }),
    max_configs_per_task: integer('Most webhooks of one task.', { default: 10, minimum: 1, maximum: 100 }),
    timeout_ms: duration('Longest wait for a webhook to answer.', { default: 15_000, minimum: 1, maximum: 300_000 }),
    max_attempts: integer('Tries of one delivery before the webhook is given up.', { default: 12, minimum: 1, maximum: 1000 }),
    first_retry_ms: duration('Wait after the first failed try; doubled after each further one.', { default: 1_000, minimum: 1 }),
    max_retry_ms: duration('Longest wait between tries, whatever Retry-After says.', { default: 300_000, minimum: 1, maximum: 86_400_000 }),
    concurrency: integer('Deliveries that one keeper process has under way.', { default: 32, minimum: 1, maximum: 10_000 }),
    allow_private: privatePlaces(
      'Where webhooks may be although it is not public: loopback, private and link-local networks are refused otherwise.',
    ),
    require_https: flag('Webhooks must be https URLs.', { default: false }),
    encryption_key: text('Encrypts tokens and credentials of webhooks in the database; empty stores them as they are.', {
      default: '',
      pattern: '^$|^.{16,}$',
      'x-form': 'at least 16 characters, for example ${PUSH_ENCRYPTION_KEY}',
      writeOnly: true,
    }),
  },
  'Push notifications (A2A 4.3.3).',
);

export function resolvePush(push: Static<typeof PushSchema>): PushSettings {
  return {
    enabled: push.enabled,
    maxConfigsPerTask: push.max_configs_per_task,
    timeoutMs: push.timeout_ms,
    maxAttempts: push.max_attempts,
    firstRetryMs: push.first_retry_ms,
    maxRetryMs: push.max_retry_ms,
    concurrency: push.concurrency,
    allowPrivate: push.allow_private,
    requireHttps: push.require_https,
    encryptionKey: push.encryption_key,
  };
}
