/**
 * What a follower yields, as the frames of one subscriber.
 *
 * Owns: the follower (`items`), which ends with this stream, and what the client knows so far. Does not own: the task.
 * 1. A frame that takes no waiting is handed over by `take`, so that an event reaches thousands of streams within one turn.
 * 2. Closing ends a `next()` that waits, too.
 */
import type { DirectSource } from '../base/direct-source.js';
import type { FollowedItem } from '../tasks/follower.js';
import { type CommittedParts, projectUpdate, type Update, type UpdateState } from './project-updates.js';
import type { StreamFrame } from './stream-frame.js';

/** What the stream begins with, once an item makes that known. */
export type Begin = (
  item: FollowedItem,
) => { readonly state: UpdateState; readonly frame: StreamFrame; readonly isOver: boolean } | undefined;

export interface TaskFramesOptions {
  readonly items: DirectSource<FollowedItem>;
  /** What the client knows already. Default: `begin` says what it is told first. */
  readonly state?: UpdateState;
  readonly begin?: Begin;
  /** Come before anything else. Default: none. */
  readonly first?: readonly StreamFrame[];
  readonly committedParts: CommittedParts;
  /** Nothing comes after it. */
  readonly isLast: (item: FollowedItem) => boolean;
}

export class TaskFrames implements DirectSource<StreamFrame> {
  readonly #options: Omit<TaskFramesOptions, 'begin' | 'first'>;
  #begin: Begin | undefined;
  #state: UpdateState | undefined;
  #frames: readonly StreamFrame[];
  #index = 0;
  /** Frames that wait for something to be read. */
  #pending: Promise<void> | undefined;
  #isOver = false;

  constructor(options: TaskFramesOptions) {
    const { begin, first = [], ...rest } = options;
    this.#options = rest;
    this.#begin = begin;
    this.#frames = first;
    this.#state = options.state;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Resolves with the first frame at hand, so that what fails before it fails the call (T10). */
  async prime(): Promise<void> {
    while (!this.#isOver && this.#index === this.#frames.length) await this.#pull();
  }

  async next(): Promise<IteratorResult<StreamFrame, void>> {
    for (;;) {
      const frame = this.#takeFrame();
      if (frame !== undefined) return { done: false, value: frame };
      if (this.#isOver) return { done: true, value: undefined };
      await this.#pull();
    }
  }

  take(onReady: () => void): StreamFrame | 'later' | 'ask' {
    for (;;) {
      const frame = this.#takeFrame();
      if (frame !== undefined) return frame;
      if (this.#isOver || this.#pending !== undefined) return 'ask';
      const item = this.#options.items.take(onReady);
      if (typeof item === 'string') return item;
      try {
        this.#show(item);
      } catch (error) {
        this.#end();
        throw error;
      }
    }
  }

  async return(): Promise<IteratorResult<StreamFrame, void>> {
    this.#end();
    return { done: true, value: undefined };
  }

  async #pull(): Promise<void> {
    try {
      if (this.#pending === undefined) {
        const { done, value } = await this.#options.items.next();
        if (done === true) this.#isOver = true;
        else this.#show(value);
      }
      await this.#pending;
      this.#pending = undefined;
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  #takeFrame(): StreamFrame | undefined {
    const frame = this.#frames[this.#index];
    if (frame === undefined) return undefined;
    this.#index += 1;
    if (this.#index === this.#frames.length) this.#give(NONE);
    return frame;
  }

  #show(item: FollowedItem): void {
    const { committedParts, isLast } = this.#options;
    if (this.#state === undefined) {
      const begun = this.#begin?.(item);
      if (begun === undefined) return;
      this.#state = begun.state;
      // It holds all that was before.
      this.#begin = undefined;
      this.#give([begun.frame]);
      if (begun.isOver) this.#end();
      // The Task tells what the event did.
      if (begun.isOver || item.type === 'event') return;
    }
    const update = projectUpdate(this.#state, item, committedParts);
    if (update instanceof Promise) {
      this.#pending = update.then((late) => this.#update(late, isLast(item)));
      // Its failure is that of the `next()` which is asked for now.
      this.#pending.catch(() => {});
    } else this.#update(update, isLast(item));
  }

  #update({ state, frames }: Update, isLast: boolean): void {
    this.#state = state;
    this.#give(frames);
    if (isLast) this.#end();
  }

  #give(frames: readonly StreamFrame[]): void {
    const left = this.#frames.length - this.#index;
    this.#frames = left === 0 ? frames : [...this.#frames.slice(this.#index), ...frames];
    this.#index = 0;
  }

  #end(): void {
    this.#isOver = true;
    // A follower only closes; it has nothing to fail at.
    void this.#options.items.return?.();
  }
}

const NONE: readonly StreamFrame[] = [];
