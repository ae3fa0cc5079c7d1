/**
 * The live feed of this process: whoever follows a run here is told of what was committed here without a way through Redis.
 *
 * Owns: the listeners of this process by task. Does not own: the way to other processes, which are told of everything all the same.
 * - What comes both ways is dropped by followers (`live-feed.ts`, F1).
 * - A run that this process works on is listened to in Redis when it takes longer than `JOIN_AFTER_MS`. What others published of it by then
 *   (a cancel, a run below it) is read from SQL at that moment.
 */
import type { CancelTimer, Clock } from '../base/clock.js';
import { KeyedRoll } from '../base/keyed-roll.js';
import type { Logger } from '../observe/log.js';
import type { FeedItem, FeedPublisher, FeedReceiver, FeedSubscription } from './coordination.js';
import type { TaskDelta, TaskEvent } from './task-event.js';

export interface OwnFeedOptions {
  readonly publisher: FeedPublisher;
  readonly receiver: FeedReceiver;
  /** What this process works on. */
  readonly running: { has(taskId: string): boolean };
  readonly clock: Clock;
  readonly log: Logger;
}

/** Both ends of the feed, with this process's own way between them. */
export function withOwnFeed(
  ports: Pick<OwnFeedOptions, 'publisher' | 'receiver' | 'running'>,
  { clock, log }: Pick<OwnFeedOptions, 'clock' | 'log'>,
): { readonly publisher: OwnFeed; readonly receiver: OwnFeed } {
  const feed = new OwnFeed({ ...ports, clock, log });
  return { publisher: feed, receiver: feed };
}

type Listener = (item: FeedItem) => void;

export class OwnFeed implements FeedPublisher, FeedReceiver {
  readonly #options: OwnFeedOptions;
  readonly #listeners = new KeyedRoll<Set<Listener>>();

  constructor(options: OwnFeedOptions) {
    this.#options = options;
  }

  publishEvents(events: readonly TaskEvent[]): Promise<void> {
    for (const event of events) this.#tell(event.taskId, { type: 'event', event });
    return this.#options.publisher.publishEvents(events);
  }

  publishDelta(delta: TaskDelta): Promise<void> {
    this.#tell(delta.taskId, { type: 'delta', delta });
    return this.#options.publisher.publishDelta(delta);
  }

  async subscribe(taskId: string, onItem: Listener, onGap: () => void): Promise<FeedSubscription> {
    const { receiver, running } = this.#options;
    const stop = this.#listen(taskId, onItem);
    const join = () => receiver.subscribe(taskId, onItem, onGap);
    if (running.has(taskId)) return this.#joinLater(taskId, join, { stop, onGap });
    try {
      const joined = await join();
      const close = (): void => {
        stop();
        joined.close();
      };
      return { close };
    } catch (error) {
      stop();
      throw error;
    }
  }

  deltas(taskId: string, seq: number): Promise<readonly TaskDelta[]> {
    return this.#options.receiver.deltas(taskId, seq);
  }

  #joinLater(
    taskId: string,
    join: () => Promise<FeedSubscription>,
    { stop, onGap }: { readonly stop: () => void; readonly onGap: () => void },
  ): FeedSubscription {
    const { clock, log } = this.#options;
    let joined: FeedSubscription | undefined;
    let isClosed = false;
    const tryToJoin = (): void => {
      join().then(
        (subscription) => {
          joined = subscription;
          if (isClosed) subscription.close();
          else onGap();
        },
        (error: unknown) => {
          log.debug({ err: error, taskId }, 'what others tell of a run is read from the database until Redis is back');
          if (!isClosed) cancelTimer = clock.after(JOIN_AGAIN_MS, tryToJoin);
        },
      );
    };
    let cancelTimer: CancelTimer = clock.after(JOIN_AFTER_MS, tryToJoin);
    return {
      close() {
        isClosed = true;
        stop();
        cancelTimer();
        joined?.close();
      },
    };
  }

  #listen(taskId: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(taskId) ?? new Set();
    this.#listeners.set(taskId, listeners.add(listener));
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      if (this.#listeners.get(taskId) === listeners) this.#listeners.delete(taskId);
    };
  }

  #tell(taskId: string, item: FeedItem): void {
    for (const listener of this.#listeners.get(taskId) ?? []) {
      try {
        listener(item);
      } catch (error) {
        this.#options.log.error({ err: error, taskId }, 'a follower failed on what was committed here');
      }
    }
  }
}

/** A run that is over by then has cost Redis no subscription. */
const JOIN_AFTER_MS = 250;
const JOIN_AGAIN_MS = 1_000;
