import type { Redis } from 'ioredis';

/**
 * ioredis 6.0.0 never ends a client that is disconnected while it waits to reconnect: it stops the timer, emits no
 * `end`, and leaves queued commands pending for ever. BullMQ's `worker.close()` waits for that `end`, so a worker that
 * was stopped right after an outage hung. Such a client is closed here as one that never connected.
 * Duplicates are mended too: BullMQ makes its blocking connection that way.
 */
export function endWhileReconnecting(client: Redis): Redis {
  const { disconnect, duplicate } = client;
  client.disconnect = (reconnect = false) => {
    if (client.status === 'reconnecting' && !reconnect) client.status = 'wait';
    disconnect.call(client, reconnect);
  };
  client.duplicate = ((override) => endWhileReconnecting(duplicate.call(client, override) as Redis)) as typeof client.duplicate;
  return client;
}
