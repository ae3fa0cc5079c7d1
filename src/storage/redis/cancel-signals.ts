/** Tells the worker running a task that it was canceled (R6). SQL holds the cancel; this only makes it quick. */
import type { Redis } from 'ioredis';
import type { Logger } from '../../observe/log.js';
import type { CancelSignals, FeedSubscription } from '../../tasks/coordination.js';
import type { ChannelSubscriptions } from './channel-subscriptions.js';

export interface RedisCancelSignalsOptions {
  /** `RedisConnections.main` */
  readonly client: Redis;
  readonly channels: ChannelSubscriptions;
  readonly keyPrefix: string;
  readonly log: Logger;
}

export class RedisCancelSignals implements CancelSignals {
  readonly #options: RedisCancelSignalsOptions;

  constructor(options: RedisCancelSignalsOptions) {
    this.#options = options;
  }

  async announce(taskId: string): Promise<void> {
    const { client, log } = this.#options;
    await client.publish(this.#channel, taskId).catch((error: unknown) => {
      log.warn({ err: error, taskId }, 'A cancel could not be announced; the running step learns of it at its commit');
    });
  }

  async listen(onCancel: (taskId: string) => void): Promise<FeedSubscription> {
    // Nothing to do for a gap: a missed signal costs the rest of one step, whose commit is refused.
    return { close: await this.#options.channels.add(this.#channel, { onMessage: onCancel, onGap: () => undefined }) };
  }

  get #channel(): string {
    return `${this.#options.keyPrefix}:cancel`;
  }
}
