import type { Redis } from 'ioredis';

/**
 * When Redis stays away, ioredis ends the waiting commands with an error that advises to change an option of its own, which
 * nobody who reads it has. Its words are replaced; kind and name stay.
 */
export function speakPlainly(client: Redis): Redis {
  const inner = client as unknown as { flushQueue(error: Error, options?: unknown): void };
  const { flushQueue } = inner;
  inner.flushQueue = (error, options) => {
    if (error.name === 'MaxRetriesPerRequestError') error.message = 'Redis does not answer';
    flushQueue.call(client, error, options);
  };
  return client;
}
