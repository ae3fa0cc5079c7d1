/**
 * Everything this process listens to, on one subscriber connection.
 *
 * Owns: which channels are subscribed, by how many listeners. Does not own: the connection and what messages mean.
 * - C1 A channel is subscribed while at least one listener has it. SUBSCRIBE and UNSUBSCRIBE travel in order on the
 *   one connection, so an unsubscription under way cannot undo a newer subscription.
 * - C2 After the connection broke, `onGap` is called once all channels are subscribed again: whoever then reads the
 *   truth and goes on listening has missed nothing.
 */
import type { Redis } from 'ioredis';
import { AppError } from '../../base/errors.js';
import type { Logger } from '../../observe/log.js';

export interface ChannelListener {
  readonly onMessage: (message: string) => void;
  readonly onGap: () => void;
}

interface Channel {
  readonly listeners: Set<ChannelListener>;
  readonly subscribed: Promise<unknown>;
}

export class ChannelSubscriptions {
  readonly #subscriber: Redis;
  readonly #log: Logger;
  readonly #channels = new Map<string, Channel>();
  readonly #onMessage = (name: string, message: string) => this.#deliver(name, message);
  readonly #onReady = () => this.#resume();
  readonly #onClose = () => {
    this.#broken = true;
  };
  #broken = false;

  constructor(subscriber: Redis, log: Logger) {
    this.#subscriber = subscriber;
    this.#log = log;
    subscriber.on('message', this.#onMessage);
    subscriber.on('ready', this.#onReady);
    subscriber.on('close', this.#onClose);
  }

  /** Resolves when messages published from now on arrive; the result stops them and may be called twice. */
  async add(name: string, listener: ChannelListener): Promise<() => void> {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = { listeners: new Set(), subscribed: this.#subscriber.subscribe(name) };
      this.#channels.set(name, channel);
    }
    channel.listeners.add(listener);
    const joined = channel;
    const remove = () => this.#remove(name, joined, listener);
    try {
      await channel.subscribed;
    } catch (cause) {
      remove();
      throw new AppError('REDIS_UNAVAILABLE', { cause });
    }
    return remove;
  }

  /** Every listener may have missed something. */
  announceGap(): void {
    for (const channel of this.#channels.values()) this.#callGaps(channel);
  }

  close(): void {
    this.#subscriber.off('message', this.#onMessage);
    this.#subscriber.off('ready', this.#onReady);
    this.#subscriber.off('close', this.#onClose);
    if (this.#channels.size > 0) this.#unsubscribe([...this.#channels.keys()]);
    this.#channels.clear();
  }

  #remove(name: string, channel: Channel, listener: ChannelListener): void {
    if (!channel.listeners.delete(listener) || channel.listeners.size > 0) return;
    if (this.#channels.get(name) !== channel) return;
    this.#channels.delete(name);
    this.#unsubscribe([name]);
  }

  #unsubscribe(names: readonly string[]): void {
    // Without a connection nothing is subscribed, and C2 only brings back what is still wanted.
    if (this.#subscriber.status !== 'ready') return;
    this.#subscriber
      .unsubscribe(...names)
      .catch((error: unknown) => this.#log.debug({ err: error }, 'Could not unsubscribe; the connection is gone'));
  }

  #resume(): void {
    if (!this.#broken) return;
    this.#broken = false;
    const names = [...this.#channels.keys()];
    if (names.length === 0) return;
    this.#subscriber.subscribe(...names).then(
      () => this.announceGap(),
      (error: unknown) => {
        this.#log.debug({ err: error }, 'Could not subscribe again yet');
        // Either the connection broke again, or it must: the next 'ready' comes here again.
        this.#broken = true;
        if (this.#subscriber.status === 'ready') this.#subscriber.disconnect(true);
      },
    );
  }

  #deliver(name: string, message: string): void {
    const channel = this.#channels.get(name);
    // Removed while the connection was away, when its SUBSCRIBE was still to be sent.
    if (channel === undefined) this.#unsubscribe([name]);
    for (const listener of channel?.listeners ?? []) {
      try {
        listener.onMessage(message);
      } catch (error) {
        this.#log.error({ err: error, channel: name }, 'A listener failed on a message from Redis');
      }
    }
  }

  #callGaps(channel: Channel): void {
    for (const { onGap } of channel.listeners) {
      try {
        onGap();
      } catch (error) {
        this.#log.error({ err: error }, 'A listener failed on a gap');
      }
    }
  }
}
