/** Tells every process of a webhook, so that its task's events are delivered at once. SQL holds the webhook; this is a hint. */
import type { Redis } from 'ioredis';
import { describeError } from '../../base/errors.js';
import type { Logger } from '../../observe/log.js';
import type { FeedSubscription } from '../../tasks/coordination.js';
import type { PushMark, PushSignals } from '../../tasks/push-marks.js';
import type { ChannelSubscriptions } from './channel-subscriptions.js';

export interface RedisPushSignalsOptions {
  /** `RedisConnections.main` */
  readonly client: Redis;
  readonly channels: ChannelSubscriptions;
  readonly keyPrefix: string;
  readonly log: Logger;
}

export class RedisPushSignals implements PushSignals {
  readonly #options: RedisPushSignalsOptions;

  constructor(options: RedisPushSignalsOptions) {
    this.#options = options;
  }

  async announce({ key, taskId }: PushMark): Promise<void> {
    const { client, log } = this.#options;
    await client.publish(this.#channel, `${key} ${taskId}`).catch((error: unknown) => {
      log.debug({ taskId, reason: describeError(error) }, 'a webhook could not be announced; the sweep finds what it is to get');
    });
  }

  async listen(onMark: (mark: PushMark) => void): Promise<FeedSubscription> {
    const onMessage = (message: string) => {
      const [key, taskId] = message.split(' ');
      if (key !== undefined && taskId !== undefined) onMark({ key, taskId });
    };
    // Nothing to do for a gap: the sweep finds what no hint told of.
    return { close: await this.#options.channels.add(this.#channel, { onMessage, onGap: () => undefined }) };
  }

  get #channel(): string {
    return `${this.#options.keyPrefix}:push`;
  }
}
