/** One process's worth of coordination on a test's Redis, as `compose.ts` wires it. */
import { type Clock, systemClock } from '../../src/base/clock.js';
import { type Logger, silentLogger } from '../../src/observe/log.js';
import { RedisCallSignals } from '../../src/storage/redis/call-signals.js';
import { RedisCancelSignals } from '../../src/storage/redis/cancel-signals.js';
import { ChannelSubscriptions } from '../../src/storage/redis/channel-subscriptions.js';
import { connectRedis } from '../../src/storage/redis/connect.js';
import { RedisFeedPublisher } from '../../src/storage/redis/feed-publisher.js';
import { RedisFeedReceiver } from '../../src/storage/redis/feed-receiver.js';
import { RedisLeaseManager } from '../../src/storage/redis/lease-manager.js';
import { RedisProgressMarks } from '../../src/storage/redis/progress-marks.js';

export interface RedisProcessOptions {
  readonly leaseMs?: number;
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly maxQueued?: number;
}

export async function startRedisProcess(
  t: { teardown(dispose: () => Promise<void>): unknown },
  url: string,
  options: RedisProcessOptions = {},
) {
  const { clock = systemClock, log = silentLogger, leaseMs = 600 } = options;
  const connections = await connectRedis({ url, role: 'test', log: silentLogger, clock: systemClock });
  const channels = new ChannelSubscriptions(connections.subscriber, log);
  const client = connections.main;
  const shared = { client, keyPrefix: 'test', clock, log };
  const publisher = new RedisFeedPublisher({ ...shared, ...(options.maxQueued ? { maxQueued: options.maxQueued } : {}) });
  const leases = new RedisLeaseManager({ ...shared, leaseMs });
  t.teardown(async () => {
    await leases.close();
    await publisher.close();
    channels.close();
    await connections.close();
  });
  return {
    connections,
    channels,
    publisher,
    leases,
    progress: new RedisProgressMarks(shared),
    receiver: new RedisFeedReceiver({ ...shared, channels }),
    callSignals: new RedisCallSignals({ ...shared, channels }),
    cancels: new RedisCancelSignals({ ...shared, channels }),
    die: () => client.disconnect(),
  };
}
