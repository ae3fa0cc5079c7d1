/**
 * Follows the run logs of tasks as they grow (R4, R9, R10).
 *
 * Owns: one receiver subscription per followed task, its followers, and one ticker that finds lost announcements.
 * Does not own: the log (SQL), the announcements (Redis), what clients see of it (`a2a/project-updates.ts`).
 *
 * Invariants:
 * - F1 A follower is given every durable event after its cursor exactly once, in the order of `seq`.
 * - F2 Announcements are hints. Whatever is missed (a lost message, an outage, an overflow) is read from SQL;
 *   with Redis gone altogether, events arrive within one tick.
 * - F3 A follower that is not pulled holds at most `MAX_QUEUED_ITEMS` items and `MAX_QUEUED_CHARACTERS` of text
 *   (`follower.ts`); past that its queue is dropped and it catches up by cursor.
 */
import type { CancelTimer, Clock } from '../base/clock.js';
import type { DirectSource } from '../base/direct-source.js';
import { KeyedRoll } from '../base/keyed-roll.js';
import type { Logger } from '../observe/log.js';
import type { FeedReceiver } from './coordination.js';
import { type FollowedItem, Follower, type FollowerSource } from './follower.js';
import type { Cursor, TaskDelta, TaskEvent } from './task-event.js';
import { TaskHub } from './task-hub.js';
import type { TaskStore } from './task-store.js';

export interface LiveFeedDependencies {
  readonly store: Pick<TaskStore, 'events' | 'sequences'>;
  readonly receiver: FeedReceiver;
  /** Runs whose every event comes through `receiver` from this process. Default: none. */
  readonly running?: { has(taskId: string): boolean };
  readonly clock: Clock;
  readonly log: Logger;
}

export interface FollowOptions {
  /** False: durable events only. Default true. */
  readonly previews?: boolean;
  /** All events after the cursor, as they were committed just now. Used for a run that this process works on. Default: SQL is read. */
  readonly known?: readonly TaskEvent[] | undefined;
}

/** How often silent tasks are compared with SQL. */
const TICK_MS = 1000;

export function createLiveFeed(dependencies: LiveFeedDependencies): LiveFeed {
  return new LiveFeed(dependencies);
}

export class LiveFeed {
  readonly #store: LiveFeedDependencies['store'];
  readonly #receiver: FeedReceiver;
  readonly #running: LiveFeedDependencies['running'];
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #hubs = new KeyedRoll<TaskHub>();
  #cancelTicker: CancelTimer | undefined;
  #isTicking = false;
  #isClosed = false;

  constructor({ store, receiver, running, clock, log }: LiveFeedDependencies) {
    this.#store = store;
    this.#receiver = receiver;
    this.#running = running;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Everything after `from`: events from SQL, kept deltas, then live. Ends after a terminal event (R5), when
   * `signal` aborts, when the iterator is closed, or with the feed. Pull-based; one consumer at a time.
   */
  follow(taskId: string, from: Cursor, signal: AbortSignal, options: FollowOptions = {}): DirectSource<FollowedItem> {
    const hub = this.#hubOf(taskId);
    const source: FollowerSource = {
      ready: hub.ready,
      events: (afterSeq, limit) => this.#store.events(taskId, afterSeq, limit),
      keptDeltas: (seq) => this.keptDeltas(taskId, seq),
      detach: (follower) => this.#detach(hub, follower),
    };
    // Its last event has not been announced yet, so whatever was announced before this follower came shows as a gap.
    const known = this.#running?.has(taskId) === true ? options.known : undefined;
    const follower = new Follower(source, from, signal, options.previews ?? true, known);
    if (this.#isClosed || signal.aborted) {
      follower.close();
      if (hub.followers.size === 0) this.#drop(hub);
    } else hub.followers.add(follower);
    return follower;
  }

  /** Deltas that are still kept after the durable event `seq`; none when Redis cannot say. */
  async keptDeltas(taskId: string, seq: number): Promise<readonly TaskDelta[]> {
    try {
      return await this.#receiver.deltas(taskId, seq);
    } catch (error) {
      this.#log.warn({ err: error, taskId }, 'Kept previews cannot be read; the stream goes on without them');
      return [];
    }
  }

  /** Tasks followed right now. */
  get size(): number {
    return this.#hubs.size;
  }

  /** Ends every follower. Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    for (const hub of this.#hubs.list()) for (const follower of [...hub.followers]) follower.close();
  }

  #hubOf(taskId: string): TaskHub {
    const found = this.#hubs.get(taskId);
    if (found !== undefined) return found;
    const hub = new TaskHub(taskId, this.#receiver, this.#clock, this.#log);
    this.#hubs.set(taskId, hub);
    hub.subscribe();
    this.#cancelTicker ??= this.#clock.every(TICK_MS, () => void this.#tick());
    return hub;
  }

  #detach(hub: TaskHub, follower: Follower): void {
    hub.followers.delete(follower);
    if (hub.followers.size === 0) this.#drop(hub);
  }

  #drop(hub: TaskHub): void {
    hub.close();
    if (this.#hubs.get(hub.taskId) === hub) this.#hubs.delete(hub.taskId);
    if (this.#hubs.size > 0) return;
    this.#cancelTicker?.();
    this.#cancelTicker = undefined;
  }

  /** F2: asks SQL once for all tasks that were silent since the last tick. */
  async #tick(): Promise<void> {
    if (this.#isTicking) return;
    for (const hub of this.#hubs.list()) hub.subscribe();
    const silent = this.#hubs.list().filter((hub) => hub.wasSilent());
    if (silent.length === 0) return;
    this.#isTicking = true;
    try {
      const newest = await this.#store.sequences(silent.map((hub) => hub.taskId));
      for (const hub of silent) hub.compare(newest.get(hub.taskId) ?? 0);
    } catch (error) {
      this.#log.warn({ err: error, tasks: silent.length }, 'Followed tasks cannot be compared with the database; trying again');
    } finally {
      this.#isTicking = false;
    }
  }
}
