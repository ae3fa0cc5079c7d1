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
  /**
   * A hint that this config has something to deliver. Never rejects; harmless when repeated.
   * @param isDue SQL says so, whatever an earlier job waits for: a webhook that was saved again need not wait out a failure's backoff.
   */
  enqueue(key: string, isDue?: boolean): Promise<void>;
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
    if (keys.size > MAX_KEYS_PER_TASK) dropOldest(keys);
    if (this.#watched.size > MAX_WATCHED) dropOldest(this.#watched);
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

/** The same publisher, which also notes what it published, for those who deliver pushes. */
export function withPushMarks(publisher: FeedPublisher, marks: PushMarks | undefined): FeedPublisher {
  if (marks === undefined) return publisher;
  return {
    publishDelta: (delta) => publisher.publishDelta(delta),
    publishEvents(events) {
      marks.note(events);
      return publisher.publishEvents(events);
    },
  };
}

function dropOldest<Key>(held: { keys(): IterableIterator<Key>; delete(key: Key): boolean }): void {
  const [oldest] = held.keys();
  if (oldest !== undefined) held.delete(oldest);
}

const MAX_WATCHED = 50_000;
/** As many as `server.a2a.push.max_configs_per_task` can allow; more were deleted meanwhile. */
const MAX_KEYS_PER_TASK = 100;
