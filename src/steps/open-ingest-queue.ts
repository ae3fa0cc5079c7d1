import type { ConnectionOptions } from 'bullmq';
import type { Clock } from '../base/clock.js';
import type { Closers } from '../base/closers.js';
import type { Settings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import { BullIngestQueue } from './ingest-queue.js';
import { workerConnections } from './worker-connections.js';

export interface OpenIngestQueueOptions {
  readonly settings: Pick<Settings, 'redis'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly closers: Closers;
}

interface Connections<T> {
  forQueue(): T;
  forWorker(): T;
  drop(connection: T): Promise<void>;
}

/** Closed with the process. */
export function openIngestQueue<T extends ConnectionOptions>(
  { settings, clock, log, closers }: OpenIngestQueueOptions,
  connections: Connections<T>,
): BullIngestQueue {
  const connection = connections.forQueue();
  const queue = new BullIngestQueue({ connection, prefix: settings.redis.keyPrefix, ...workerConnections(connections), clock, log });
  closers.add(() => queue.close());
  return queue;
}
