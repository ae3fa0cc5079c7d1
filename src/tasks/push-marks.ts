/**
 * How deliverers learn at once that a task with webhooks has news, without a look at SQL or Redis for tasks that have none.
 *
 * Owns: which webhooks this process has heard of, as hints. Does not own: what is due; SQL says that, and the sweep finds what no
 * hint told of (after a start, a lost message, or beyond `MAX_WATCHED`).
 */
import { isTerminal } from '../protocol/task-state.js';
import type { FeedPublisher, FeedSubscription } from './coordination.js';
import type { PushConfig } from './push-config-store.js';
import type { TaskEvent } from './task-event.js';

export type PushMark = Pick<PushConfig, 'key' | 'taskId'>;

/** Port to the queue of deliveries; implemented by `steps/`. */
export interface PushQueue {
  /** A hint that this config has something to deliver. Never rejects; harmless when repeated. */
  enqueue(key: string): Promise<void>;
}

/** Tells all processes of a config. Implemented by `storage/redis`. */
export interface PushSignals {
  /** Never rejects. */
  announce(mark: PushMark): Promise<void>;
  listen(onMark: (mark: PushMark) => void): Promise<FeedSubscription>;
}

export class PushMarks {
  readonly #queue: PushQueue;
  /** Keys by task, the task heard of longest ago first. */
  readonly #watched = new Map<string, Set<string>>();

  constructor(queue: PushQueue) {
    this.#queue = queue;
  }

  get size(): number {
    return this.#watched.size;
  }

  watch({ taskId, key }: PushMark): void {
    const keys = this.#watched.get(taskId) ?? new Set();
    this.#watched.delete(taskId);
    this.#watched.set(taskId, keys.add(key));
    if (this.#watched.size <= MAX_WATCHED) return;
    for (const oldest of this.#watched.keys()) {
      this.#watched.delete(oldest);
      return;
    }
  }

  /** Waits for nothing: a step is never held up by a webhook. */
  note(events: readonly TaskEvent[]): void {
    if (this.#watched.size === 0) return;
    for (const taskId of new Set(events.map((event) => event.taskId))) {
      for (const key of this.#watched.get(taskId) ?? []) void this.#queue.enqueue(key);
    }
    for (const event of events) if (event.type === 'status.changed' && isTerminal(event.status.state)) this.#watched.delete(event.taskId);
  }
}

/** The same publisher, which also notes what it published. */
export function withPushMarks(publisher: FeedPublisher, marks: PushMarks): FeedPublisher {
  return {
    publishDelta: (delta) => publisher.publishDelta(delta),
    publishEvents(events) {
      marks.note(events);
      return publisher.publishEvents(events);
    },
  };
}

const MAX_WATCHED = 50_000;
