/**
 * Contracts of what crosses processes without being the truth. Implemented by `storage/redis`.
 * Losing all of it costs seconds, never an acknowledged step (ARCHITECTURE §3).
 */
import type { TaskDelta, TaskEvent } from './task-event.js';

/** The right to try a task. Makes takeover quick; the epoch in SQL makes it safe (R3). */
export interface TaskLease {
  readonly taskId: string;
  /** Aborted when the lease is lost to another holder or could not be renewed in time. */
  readonly lost: AbortSignal;
  /** Gives it back, if still held. Safe to call twice. */
  release(): Promise<void>;
}

export type LeaseOutcome =
  | { readonly type: 'acquired'; readonly lease: TaskLease }
  /** Another worker holds it for at most `remainingMs` unless it renews. */
  | { readonly type: 'held'; readonly remainingMs: number };

export interface LeaseManager {
  acquire(taskId: string): Promise<LeaseOutcome>;
  /** Which of these tasks have a live lease; all of them while that is not known, which lasts for one lease time after leases were forgotten. */
  held(taskIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Releases everything held by this process. */
  close(): Promise<void>;
}

/** Leases as an onlooker sees them. */
export interface LeaseView {
  /** Until each lease ends unless it is renewed, milliseconds; tasks without one are left out. */
  remaining(taskIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

export type FeedItem = { readonly type: 'event'; readonly event: TaskEvent } | { readonly type: 'delta'; readonly delta: TaskDelta };

/** Tells other processes at once what SQL already holds, or previews what it will hold (R9). */
export interface FeedPublisher {
  /** Announces committed events, in order. Failing to is not an error: followers fill gaps from SQL. */
  publishEvents(events: readonly TaskEvent[]): Promise<void>;
  /** Keeps the delta in a capped list and announces it. */
  publishDelta(delta: TaskDelta): Promise<void>;
}

export interface FeedSubscription {
  /** Stops delivery. Safe to call twice. */
  close(): void;
}

export interface FeedReceiver {
  /**
   * Calls `onItem` for everything published after the promise resolves. `onGap` is called when items may
   * have been missed (the connection to Redis broke): read SQL again.
   */
  subscribe(taskId: string, onItem: (item: FeedItem) => void, onGap: () => void): Promise<FeedSubscription>;
  /** Kept deltas that stand after the durable event `seq`, in order; empty when they are gone. */
  deltas(taskId: string, seq: number): Promise<readonly TaskDelta[]>;
}

/** Signals that reach the worker running a task (R6). */
export interface CancelSignals {
  announce(taskId: string): Promise<void>;
  /** Calls `onCancel` with the id of every task canceled from now on. */
  listen(onCancel: (taskId: string) => void): Promise<FeedSubscription>;
}

/** A tool call of a run, or of one below it. */
export interface CallReference {
  readonly taskId: string;
  readonly callId: string;
}

/** Cancels of single calls, which reach the worker that runs them (API-09). */
export interface CallSignals {
  /** Whether some worker had the call and stops it now. @throws AppError `REDIS_UNAVAILABLE` */
  cancel(call: CallReference): Promise<boolean>;
  /** `stop` says whether this process runs the call. */
  listen(stop: (call: CallReference) => boolean): Promise<FeedSubscription>;
}

/** How far the telling of one question has got. */
export interface ApprovalMark {
  readonly state: 'told' | 'failed' | 'given-up';
  readonly failures: number;
  /** Epoch milliseconds; of `failed`. */
  readonly nextAttemptAt: number;
}

/** What keeps a webhook from being told of a question again. Losing a mark tells it twice. */
export interface ApprovalMarks {
  /** Questions without a mark are left out. */
  read(keys: readonly string[]): Promise<ReadonlyMap<string, ApprovalMark>>;
  write(key: string, mark: ApprovalMark): Promise<void>;
}

/** When the deployment's workers last got anywhere. */
export interface ProgressMarks {
  /** A worker took or finished a job just now, or has its hands full. Waits for nothing and never throws. */
  mark(): void;
  /** How long ago that was, milliseconds, to the second; `undefined` = not known. */
  ageMs(): Promise<number | undefined>;
}
