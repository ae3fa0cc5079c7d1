/** Publisher and receiver of live items inside one process, with the losses that tests ask for. */
import type { FeedItem, FeedPublisher, FeedReceiver, FeedSubscription } from '../../src/tasks/coordination.js';
import { deltaOrder, type TaskDelta, type TaskEvent } from '../../src/tasks/task-event.js';

interface Subscriber {
  readonly onItem: (item: FeedItem) => void;
  readonly onGap: () => void;
}

export class InProcessFeed implements FeedPublisher, FeedReceiver {
  readonly #subscribers = new Map<string, Set<Subscriber>>();
  readonly #kept = new Map<string, TaskDelta[]>();
  /** Announcements for which it says true are lost; kept deltas are not. */
  loses: (item: FeedItem) => boolean = () => false;
  /** Subscribing and reading kept deltas fail while set. */
  outage: Error | undefined;
  subscriptions = 0;

  async publishEvents(events: readonly TaskEvent[]): Promise<void> {
    for (const event of events) this.#announce(event.taskId, { type: 'event', event });
  }

  async publishDelta(delta: TaskDelta): Promise<void> {
    const kept = this.#kept.get(delta.taskId) ?? [];
    kept.push(delta);
    this.#kept.set(delta.taskId, kept);
    this.#announce(delta.taskId, { type: 'delta', delta });
  }

  async subscribe(taskId: string, onItem: (item: FeedItem) => void, onGap: () => void): Promise<FeedSubscription> {
    if (this.outage !== undefined) throw this.outage;
    this.subscriptions += 1;
    const subscriber = { onItem, onGap };
    const all = this.#subscribers.get(taskId) ?? new Set();
    this.#subscribers.set(taskId, all.add(subscriber));
    let isOpen = true;
    return {
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        this.subscriptions -= 1;
        all.delete(subscriber);
      },
    };
  }

  async deltas(taskId: string, seq: number): Promise<readonly TaskDelta[]> {
    if (this.outage !== undefined) throw this.outage;
    return (this.#kept.get(taskId) ?? []).filter((delta) => delta.seq === seq).sort((a, b) => deltaOrder(a) - deltaOrder(b));
  }

  /** Drops kept deltas: all, or only the oldest `count`. */
  forget(taskId: string, count = Number.POSITIVE_INFINITY): void {
    this.#kept.set(taskId, (this.#kept.get(taskId) ?? []).slice(count));
  }

  /** The connection broke and is back. */
  gap(): void {
    for (const all of this.#subscribers.values()) for (const { onGap } of all) onGap();
  }

  #announce(taskId: string, item: FeedItem): void {
    if (this.loses(item)) return;
    for (const { onItem } of this.#subscribers.get(taskId) ?? []) onItem(item);
  }
}
