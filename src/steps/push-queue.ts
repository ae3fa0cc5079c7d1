/**
 * The queue of webhook deliveries (P9), seen from whoever adds to it.
 *
 * Owns: the BullMQ queue handle. Does not own: what is due; SQL decides that. One job per config at most waits or runs; one that is
 * added while another runs comes behind it, so that no event slips between a turn's last look and its end.
 */

import { Queue } from 'bullmq';
import { systemClock } from '../base/clock.js';
import { describeError } from '../base/errors.js';
import type { Logger } from '../observe/log.js';
import type { PushQueue } from '../tasks/push-marks.js';
import type { QueueCounts } from '../tasks/step-queue.js';
import { JOB_OPTIONS } from './bull-options.js';
import { readCounts } from './queue-counts.js';
import { PUSH_QUEUE, type PushJob, type QueueConnection } from './queue-names.js';

export interface BullPushQueueOptions extends QueueConnection {
  readonly log: Logger;
}

export class BullPushQueue implements PushQueue {
  readonly #queue: Queue<PushJob>;
  readonly #log: Logger;

  constructor({ connection, prefix, log }: BullPushQueueOptions) {
    this.#log = log;
    this.#queue = new Queue(PUSH_QUEUE, { connection, prefix, streams: { events: { maxLen: 100 } } });
    this.#queue.on('error', (error) => log.debug({ err: error }, 'push queue: Redis error'));
  }

  async enqueue(key: string, isDue = false): Promise<void> {
    try {
      await this.#queue.add('push', { key }, { ...JOB_OPTIONS, deduplication: { id: key, keepLastIfActive: true, reschedule: isDue } });
    } catch (error) {
      this.#log.debug({ reason: describeError(error) }, 'a push job was not added; the sweep will');
    }
  }

  counts(): Promise<QueueCounts> {
    return readCounts(this.#queue, systemClock);
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }
}
