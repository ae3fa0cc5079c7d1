/**
 * One followed task: its receiver subscription, shared by all followers of this process.
 * Owns the subscription. Does not own the followers' queues or places (`follower.ts`).
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../observe/log.js';
import type { FeedItem, FeedReceiver, FeedSubscription } from './coordination.js';
import type { Follower } from './follower.js';
import type { TaskEvent } from './task-event.js';

/** Followers wait this long for the subscription; then they start from SQL and the subscription catches up. */
const SUBSCRIBE_WAIT_MS = 500;

export class TaskHub {
  readonly taskId: string;
  readonly followers = new Set<Follower>();
  /** Resolves when following may start; never rejects. */
  readonly ready: Promise<void>;
  readonly #receiver: FeedReceiver;
  readonly #log: Logger;
  #markReady: () => void = () => {};
  #subscription: FeedSubscription | undefined;
  #isSubscribing = false;
  #isReady = false;
  #isClosed = false;
  /** Newest event that was announced here, and so reached every follower or is read by it. */
  #announcedSeq = 0;
  #isSilent = true;
  #isWaking = false;

  constructor(taskId: string, receiver: FeedReceiver, clock: Clock, log: Logger) {
    this.taskId = taskId;
    this.#receiver = receiver;
    this.#log = log;
    this.ready = new Promise((resolve) => {
      const cancel = clock.after(SUBSCRIBE_WAIT_MS, () => this.#markReady());
      this.#markReady = () => {
        cancel();
        this.#isReady = true;
        resolve();
      };
    });
  }

  /** Starts the subscription, or tries again after a failure. */
  subscribe(): void {
    if (this.#isSubscribing || this.#subscription !== undefined || this.#isClosed) return;
    this.#isSubscribing = true;
    this.#receiver
      .subscribe(
        this.taskId,
        (item) => this.#onItem(item),
        () => this.#catchUp(),
      )
      .then(
        (subscription) => {
          this.#subscription = subscription;
          if (this.#isClosed) subscription.close();
          // Late: whatever was announced before it stood was missed.
          else if (this.#isReady) this.#catchUp();
        },
        (error: unknown) =>
          this.#log.warn({ err: error, taskId: this.taskId }, 'Live updates are out; following by database until they are back'),
      )
      .finally(() => {
        this.#isSubscribing = false;
        this.#markReady();
      });
  }

  /** True when nothing arrived since the last call. */
  wasSilent(): boolean {
    const wasSilent = this.#isSilent;
    this.#isSilent = true;
    return wasSilent;
  }

  /**
   * `newest` is the log's newest `seq`: more than was ever announced here means a lost announcement. What one follower has read
   * from SQL says nothing about the others, so each is asked.
   */
  compare(newest: number): void {
    if (newest <= this.#announcedSeq) return;
    for (const follower of this.followers) if (follower.seq < newest) follower.markBehind();
  }

  close(): void {
    this.#isClosed = true;
    this.#markReady();
    this.#subscription?.close();
  }

  #onItem(item: FeedItem): void {
    this.#isSilent = false;
    if (item.type === 'event' && item.event.seq > this.#announcedSeq) this.#announcedSeq = item.event.seq;
    const characters = item.type === 'event' ? charactersOf(item.event) : item.delta.text.length;
    const queued = { item, characters };
    for (const follower of this.followers) follower.push(queued);
    if (this.#isWaking) return;
    this.#isWaking = true;
    // What arrives together is taken together: the more a front lags, the fewer writes it needs.
    queueMicrotask(() => {
      this.#isWaking = false;
      for (const follower of this.followers) follower.awaken();
    });
  }

  #catchUp(): void {
    for (const follower of this.followers) follower.markBehind();
  }
}

/** About how much memory an event holds: its texts, which is all that can be large. */
function charactersOf(event: TaskEvent): number {
  if (event.type !== 'artifact.updated') return 0;
  let characters = 0;
  for (const part of event.artifact.parts) {
    characters += (part.text ?? part.raw ?? part.url ?? '').length;
    if (part.data !== undefined) characters += JSON.stringify(part.data).length;
  }
  return characters;
}
