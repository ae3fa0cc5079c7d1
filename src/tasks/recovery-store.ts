/**
 * What recovery needs of the run log beyond `TaskStore`: runs that wait for somebody, are held for a decision, or are too old
 * (CHK-07, CHK-08, CHK-11, CHK-12), and the ends of retention. Implemented by `storage/sql`.
 */
import type { OwnerScope } from './owner-scope.js';
import type { TaskEvent } from './task-event.js';
import type { SessionKey, TaskRecord, TreeChange } from './task-store.js';

export type HoldOutcome = { readonly type: 'held'; readonly task: TaskRecord } | { readonly type: 'lost' };

export type ResumeOutcome =
  | { readonly type: 'resumed'; readonly task: TaskRecord }
  | { readonly type: 'not-held'; readonly task: TaskRecord }
  /** It was held until its time was over, and no keeper had noticed: this ended it (CHK-11). */
  | ({
      readonly type: 'expired';
      readonly task: TaskRecord;
      readonly events: readonly TaskEvent[];
      readonly next?: TaskRecord;
    } & TreeChange)
  | { readonly type: 'not-found' };

export type ExpireOutcome =
  | ({
      readonly type: 'expired';
      readonly task: TaskRecord;
      readonly events: readonly TaskEvent[];
      readonly next?: TaskRecord;
    } & TreeChange)
  /** Answered, ended or postponed meanwhile. */
  | { readonly type: 'not-due' };

/** What a run that has not ended is doing, as SQL knows it; whether a worker lives is the lease's to say. */
export type OpenRunStatus = 'queued' | 'running' | 'waiting' | 'held';

export interface OpenRunQuery {
  /** Default: everybody's. */
  readonly owner?: OwnerScope;
  /** Default: all. */
  readonly status?: OpenRunStatus;
  /** Only runs of this session. Default: of all. */
  readonly session?: SessionKey;
  /** Continues behind this run. */
  readonly after?: Pick<TaskRecord, 'createdAt' | 'id'>;
  readonly limit: number;
}

/** CHK-12; ages in milliseconds, 0 when there is none. */
export interface OpenRunStatistics {
  readonly total: number;
  readonly queued: number;
  readonly working: number;
  readonly inputRequired: number;
  readonly held: number;
  /** Waits that are past their `expiresAt` and not yet ended. */
  readonly expired: number;
  readonly oldestCreatedAt: number;
}

/** Of a run that a worker has, what giving it another job takes: all of them are read several times a second. */
export type RunInHands = Pick<TaskRecord, 'id' | 'worker' | 'owner' | 'step' | 'epoch' | 'traceparent'>;

export interface ReleaseOptions {
  readonly givesTakeBack?: boolean;
}

export interface RecoveryStore {
  /**
   * A worker gives a run back without a commit: nobody needs to think that it died. Guarded by the epoch.
   * `givesTakeBack`: its step was called off for no fault of its own, and the take does not count (`MAX_TAKES`). Default false.
   */
  release(taskId: string, epoch: number, at: number, options?: ReleaseOptions): Promise<void>;
  /** CHK-08: the run stays where it is until somebody resumes or discards it, or `expiresAt` (default: never). Guarded by the epoch. */
  hold(taskId: string, epoch: number, at: number, expiresAt?: number): Promise<HoldOutcome>;
  /** A held run becomes runnable again, unless it is due: then it ends. `owner` undefined = no ownership check. */
  resume(taskId: string, owner: string | undefined, at: number): Promise<ResumeOutcome>;
  /** Waiting and held runs whose `expiresAt` is not after `at`, oldest first. */
  due(at: number, limit: number): Promise<readonly TaskRecord[]>;
  /** CHK-11: ends a due run as FAILED with this reason and raises its epoch. */
  expire(taskId: string, reason: string, at: number): Promise<ExpireOutcome>;
  /** Runs that a worker has, dead or alive, page after page in a fixed order; the cost is theirs, however many others are open. */
  taken(limit: number, after?: Pick<TaskRecord, 'worker' | 'id'>): Promise<readonly RunInHands[]>;
  /** Runs of clients that have not ended, oldest first; with status `held` also children. A run whose children work counts as running. */
  openRuns(query: OpenRunQuery): Promise<readonly TaskRecord[]>;
  /** The runnable run that was written the longest ago, that no worker has, and that is the first of its session. */
  oldestUnclaimed(): Promise<TaskRecord | undefined>;
  statistics(owner: OwnerScope | undefined, at: number): Promise<OpenRunStatistics>;
}

/** Awaited between two small transactions, so that others come first. What it throws ends the call; the next one goes on from there. */
export type Pause = () => Promise<void>;

/** Each deletes at most `limit` of what was last touched before `before`, and says how many; never anything of a run that has not ended. */
export interface RetentionStore {
  /**
   * Makes ended tasks findable that were ended by a process of an earlier version, or before the last migration, and so lack their
   * time of end; says how many.
   */
  completeEnded(limit: number, pause?: Pause): Promise<number>;
  /** Ended tasks with their events, tool calls and accepted message ids, and with all below them, whose number is not counted. */
  deleteTasks(before: number, limit: number, pause?: Pause): Promise<number>;
  /** Of ended tasks: every event but the first and the last status, and the results of their tool calls; the tasks stay. */
  deleteEvents(before: number, limit: number, pause?: Pause): Promise<number>;
  /** Sessions without a run that has not ended: their messages and themselves. */
  deleteSessions(before: number, limit: number, pause?: Pause): Promise<number>;
}
