/**
 * Follows tasks live. One subscription per task and process, however many followers there are.
 *
 * Duplicates are possible and harmless (followers drop what is not after their cursor); loss is always told by `onGap`.
 */
import type { Redis } from 'ioredis';
import type { Logger } from '../../observe/log.js';
import type { FeedItem, FeedReceiver, FeedSubscription } from '../../tasks/coordination.js';
import type { TaskDelta } from '../../tasks/task-event.js';
import type { ChannelSubscriptions } from './channel-subscriptions.js';
import { deltasKey, feedChannel, gapChannel, parseDelta, parseFeedMessage } from './feed-messages.js';

export interface RedisFeedReceiverOptions {
  /** `RedisConnections.main` */
  readonly client: Redis;
  readonly channels: ChannelSubscriptions;
  readonly keyPrefix: string;
  readonly log: Logger;
}

export class RedisFeedReceiver implements FeedReceiver {
  readonly #options: RedisFeedReceiverOptions;
  #listensForGaps: Promise<unknown> | undefined;

  constructor(options: RedisFeedReceiverOptions) {
    this.#options = options;
  }

  async subscribe(taskId: string, onItem: (item: FeedItem) => void, onGap: () => void): Promise<FeedSubscription> {
    const { channels, keyPrefix, log } = this.#options;
    const onMessage = (text: string) => {
      const message = parseFeedMessage(text, taskId);
      if (message === undefined) log.warn({ taskId, bytes: text.length }, 'Ignored something on a task channel that is no feed message');
      else if ('delta' in message) onItem({ type: 'delta', delta: message.delta });
      else for (const event of message.events) onItem({ type: 'event', event });
    };
    await this.#listenForGaps();
    return { close: await channels.add(feedChannel(keyPrefix, taskId), { onMessage, onGap }) };
  }

  async deltas(taskId: string, seq: number): Promise<readonly TaskDelta[]> {
    const { client, keyPrefix, log } = this.#options;
    try {
      // An id without its second part means all of them.
      const entries = await client.xrange(deltasKey(keyPrefix, taskId), seq, seq);
      return entries.map(([, fields]) => parseDelta(fields[1] ?? '', taskId)).filter((delta) => delta !== undefined);
    } catch (error) {
      log.warn({ err: error, taskId }, 'Kept previews could not be read; going on without them');
      return [];
    }
  }

  /** Once per process: a publisher that lost something tells everybody. */
  #listenForGaps(): Promise<unknown> {
    const { channels, keyPrefix } = this.#options;
    this.#listensForGaps ??= channels
      .add(gapChannel(keyPrefix), { onMessage: () => channels.announceGap(), onGap: () => undefined })
      .catch((error: unknown) => {
        this.#listensForGaps = undefined;
        throw error;
      });
    return this.#listensForGaps;
  }
}
