/**
 * Connects to the Redis that the configuration names, or to one of this machine's own, and builds what processes meet through.
 *
 * Owns: what is built on which connection. Does not own: closing, which `closers` does in reverse order.
 */
import type { Clock } from '../../base/clock.js';
import type { Closers } from '../../base/closers.js';
import type { Settings } from '../../config/settings.js';
import type { Logger } from '../../observe/log.js';
import { RedisApprovalMarks } from './approval-marks.js';
import { RedisCallSignals } from './call-signals.js';
import { RedisCancelSignals } from './cancel-signals.js';
import { ChannelSubscriptions } from './channel-subscriptions.js';
import { connectRedis } from './connect.js';
import { startEmbeddedRedis } from './embedded-redis.js';
import { RedisFeedPublisher } from './feed-publisher.js';
import { RedisFeedReceiver } from './feed-receiver.js';
import { RedisLeaseManager } from './lease-manager.js';
import { RedisProgressMarks } from './progress-marks.js';
import { RedisPushSignals } from './push-signals.js';
import { RedisPace } from './redis-pace.js';
import { RedisRateWindows } from './redis-rate-windows.js';

export interface OpenCoordinationOptions {
  readonly settings: Pick<Settings, 'redis' | 'queue' | 'stateDirectory'>;
  /** Of this process. */
  readonly roles: ReadonlySet<string>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly closers: Closers;
}

export async function openCoordination(options: OpenCoordinationOptions) {
  const { settings, roles, log, clock, closers } = options;
  const { keyPrefix } = settings.redis;
  const url = settings.redis.url === '' ? await joinEmbeddedRedis(options) : settings.redis.url;
  const connections = await connectRedis({ url, role: [...roles].join('-'), log, clock });
  closers.add(() => connections.close());
  const client = connections.main;
  const channels = new ChannelSubscriptions(connections.subscriber, log);
  closers.add(() => channels.close());
  const leases = new RedisLeaseManager({ client, keyPrefix, leaseMs: settings.queue.leaseMs, clock, log });
  closers.add(() => leases.close());
  const publisher = new RedisFeedPublisher({ client, keyPrefix, clock, log });
  closers.add(() => publisher.close());
  return {
    connections,
    leases,
    publisher,
    pace: new RedisPace({ client, keyPrefix }),
    rateWindows: new RedisRateWindows({ client, keyPrefix }),
    progress: new RedisProgressMarks({ client, keyPrefix, clock, log }),
    receiver: new RedisFeedReceiver({ client, channels, keyPrefix, log }),
    signals: new RedisCancelSignals({ client, channels, keyPrefix, log }),
    approvalMarks: new RedisApprovalMarks(client, keyPrefix),
    callSignals: new RedisCallSignals({ client, channels, keyPrefix, clock, log }),
    pushSignals: new RedisPushSignals({ client, channels, keyPrefix, log }),
  };
}

async function joinEmbeddedRedis({ settings, log, clock, closers }: OpenCoordinationOptions): Promise<string> {
  const redis = await startEmbeddedRedis({ directory: settings.stateDirectory, binary: settings.redis.binary, log, clock });
  closers.add(() => redis.close());
  return `unix://${redis.socketPath}`;
}
