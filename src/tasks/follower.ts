/**
 * One follower's place in a task's log: a pull-based iterator over SQL, kept deltas and live items.
 * Owns its queue and its place. Does not own the subscription that feeds it (`task-hub.ts`).
 * Invariants F1–F3 are stated in `live-feed.ts`.
 */
import type { DirectSource } from '../base/direct-source.js';
import { isTerminal } from '../protocol/task-state.js';
import type { FeedItem } from './coordination.js';
import { type Cursor, deltaOrder, parseDeltaOrder, type TaskDelta, type TaskEvent } from './task-event.js';

/** What following yields. Live items are the same objects for every follower of this process. */
export type FollowedItem =
  | FeedItem
  /** After a (re)start: every delta still kept after the durable event `seq`, in order, seen before or not. */
  | { readonly type: 'kept'; readonly seq: number; readonly deltas: readonly TaskDelta[] };

export interface FollowerSource {
  readonly ready: Promise<void>;
  events(afterSeq: number, limit: number): Promise<readonly TaskEvent[]>;
  keptDeltas(seq: number): Promise<readonly TaskDelta[]>;
  detach(follower: Follower): void;
}

/** One for all followers. */
export interface QueuedItem {
  readonly item: FeedItem;
  readonly characters: number;
}

const MAX_QUEUED_ITEMS = 512;
const MAX_QUEUED_CHARACTERS = 64 * 1024;
const EVENTS_PER_READ = 50;

const NONE: readonly TaskEvent[] = [];
const DONE = { done: true, value: undefined } as const;

export class Follower implements DirectSource<FollowedItem> {
  readonly #source: FollowerSource;
  readonly #signal: AbortSignal;
  readonly #previews: boolean;
  readonly #onAbort = () => this.close();
  #seq: number;
  #order: number;
  #queue: QueuedItem[] = [];
  #queuedCharacters = 0;
  /** Read from SQL, not yet yielded. */
  #replay: readonly TaskEvent[] = NONE;
  #replayIndex = 0;
  /** SQL must be read (again) before the queue goes on. */
  #isBehind = true;
  #isKeptDue = false;
  /** A gap between deltas was looked up and stays a gap. */
  #isGapKnown = false;
  #isReady = false;
  #isClosed = false;
  #wake: (() => void) | undefined;

  /** @param known all events after `from` so far, where the caller has them: SQL need not be read for them. */
  constructor(source: FollowerSource, from: Cursor, signal: AbortSignal, previews: boolean, known?: readonly TaskEvent[]) {
    this.#source = source;
    this.#seq = from.seq;
    this.#order = from.order;
    this.#signal = signal;
    this.#previews = previews;
    if (known !== undefined) {
      this.#replay = known;
      this.#isBehind = false;
    }
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Newest durable event that was yielded. */
  get seq(): number {
    return this.#seq;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<FollowedItem, undefined>> {
    try {
      if (!this.#isReady) await this.#source.ready;
      this.#isReady = true;
      const item = await this.#advance();
      return item === undefined ? DONE : { done: false, value: item };
    } catch (error) {
      this.close();
      throw error;
    }
  }

  take(onReady: () => void): FollowedItem | 'later' | 'ask' {
    if (!this.#isReady || this.#isClosed) return 'ask';
    const replayed = this.#takeReplayed();
    if (replayed !== undefined) return replayed;
    while (!this.#isBehind && !this.#isKeptDue) {
      if (this.#queue.length === 0) {
        this.#wake = onReady;
        return 'later';
      }
      const item = this.#takeQueued();
      if (item !== undefined) return item;
    }
    return 'ask';
  }

  async return(): Promise<IteratorResult<FollowedItem, undefined>> {
    this.close();
    return DONE;
  }

  /** Ends following, also a `next()` that waits. Safe to call twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#clearQueue();
    this.#source.detach(this);
    this.awaken();
  }

  /** Whoever waits is told by `awaken`. */
  push(queued: QueuedItem): void {
    // While behind, SQL and the kept deltas hold everything that is announced.
    if (this.#isClosed || this.#isBehind || (queued.item.type === 'delta' && !this.#previews)) return;
    this.#queue.push(queued);
    this.#queuedCharacters += queued.characters;
    if (this.#queue.length > MAX_QUEUED_ITEMS || this.#queuedCharacters > MAX_QUEUED_CHARACTERS) this.markBehind();
  }

  /** Tells whoever waits, once. */
  awaken(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  markBehind(): void {
    this.#clearQueue();
    this.#isBehind = true;
    this.awaken();
  }

  async #advance(): Promise<FollowedItem | undefined> {
    while (!this.#isClosed) {
      const replayed = this.#takeReplayed();
      if (replayed !== undefined) return replayed;
      if (this.#isBehind) await this.#readLog();
      else if (this.#isKeptDue) {
        const kept = await this.#readKept();
        if (kept !== undefined && !this.#isClosed) return kept;
      } else if (this.#queue.length === 0) await this.#wakened();
      else {
        const item = this.#takeQueued();
        if (item !== undefined) return item;
      }
    }
    return undefined;
  }

  #takeReplayed(): FollowedItem | undefined {
    const event = this.#replay[this.#replayIndex];
    if (event === undefined) return undefined;
    this.#replayIndex += 1;
    if (this.#replayIndex === this.#replay.length) this.#replay = NONE;
    return this.#yieldEvent({ type: 'event', event });
  }

  /** The head of the queue if it is next in line; leaves it there while something before it must be read. */
  #takeQueued(): FollowedItem | undefined {
    const { item, characters } = this.#queue[0] as QueuedItem;
    const isNext = item.type === 'event' ? item.event.seq === this.#seq + 1 : this.#takes(item.delta);
    if (item.type === 'event' && item.event.seq > this.#seq + 1) this.#isBehind = true;
    if (!isNext && this.#isBehind) return undefined;
    this.#queue.shift();
    this.#queuedCharacters -= characters;
    if (!isNext) return undefined;
    if (item.type === 'event') return this.#yieldEvent(item);
    this.#order = deltaOrder(item.delta);
    this.#isGapKnown = false;
    return item;
  }

  /** Says whether the delta is next; sets `#isBehind` when something before it is missing. */
  #takes(delta: TaskDelta): boolean {
    if (delta.seq !== this.#seq) {
      if (delta.seq > this.#seq && !this.#isGapKnown) {
        this.#isGapKnown = true;
        this.#isBehind = true;
      }
      return false;
    }
    if (deltaOrder(delta) <= this.#order) return false;
    const last = parseDeltaOrder(this.#order);
    const expected = delta.epoch === last.epoch ? last.n + 1 : 1;
    if (delta.n === expected || this.#isGapKnown) return true;
    this.#isGapKnown = true;
    this.#isBehind = true;
    return false;
  }

  async #readLog(): Promise<void> {
    // Before the read: what is announced during it is queued, not lost.
    this.#isBehind = false;
    const events = await this.#source.events(this.#seq, EVENTS_PER_READ);
    this.#replay = events;
    this.#replayIndex = 0;
    if (events.length === EVENTS_PER_READ) this.#isBehind = true;
    else this.#isKeptDue = this.#previews;
  }

  async #readKept(): Promise<FollowedItem | undefined> {
    this.#isKeptDue = false;
    const seq = this.#seq;
    const deltas = (await this.#source.keptDeltas(seq)).filter((delta) => delta.seq === seq);
    const newest = deltas.reduce((order, delta) => Math.max(order, deltaOrder(delta)), 0);
    if (newest <= this.#order) return undefined;
    this.#order = newest;
    return { type: 'kept', seq, deltas };
  }

  #yieldEvent(item: FeedItem & { type: 'event' }): FollowedItem {
    const { event } = item;
    this.#seq = event.seq;
    this.#order = 0;
    this.#isGapKnown = false;
    if (event.type === 'status.changed' && isTerminal(event.status.state)) this.close();
    return item;
  }

  #wakened(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #clearQueue(): void {
    this.#queue = [];
    this.#queuedCharacters = 0;
  }
}
