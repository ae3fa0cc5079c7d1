/**
 * Contract of the run log (ARCHITECTURE §5). Implemented by `storage/sql`.
 *
 * One fenced, append-only, cursor-addressable log per task. Every method is one atomic transaction;
 * implementations may group calls that arrive together, each keeping its own outcome.
 */
import type { JsonObject } from '../base/json.js';
import type { Message, TaskState } from '../protocol/a2a.js';
import type { SessionMessage } from './session-message.js';
import type { TaskEvent, TaskEventBody } from './task-event.js';
import type { ToolCallWrite } from './tool-call.js';

/** Who owns a task and the session it belongs to. */
export interface SessionKey {
  /** Key of the agent that the client addressed. */
  readonly agent: string;
  /** Subject of the caller; tasks and sessions of other owners do not exist for it (SEC-18). */
  readonly owner: string;
  readonly contextId: string;
  /** Default ''. The same context of another tenant is another session (U1). */
  readonly tenant?: string;
}

export interface TaskRecord extends SessionKey {
  readonly id: string;
  readonly tenant: string;
  readonly state: TaskState;
  /** Raised by every take; a commit with an older one changes nothing (R3). */
  readonly epoch: number;
  /** Number of the next step, from 1 (R2). */
  readonly step: number;
  /** How often this step was begun: takes since the last commit, but for those that were given back. */
  readonly takes: number;
  /** `seq` of the newest event (R4). */
  readonly seq: number;
  /** Place among the runs of its session, from 1; a task that goes on after waiting gets a new one at the end. */
  readonly turn: number;
  /** Config version the run is pinned to (R12). */
  readonly configVersion: string;
  /** Small control state of the agent; never a copy of the history (R8). */
  readonly control: JsonObject;
  /** W3C `traceparent` of the request that started the run, or ''. */
  readonly traceparent: string;
  /** The worker that took it and has neither ended, handed over nor given it back; '' = nobody. ASCII, up to 64 characters. */
  readonly worker: string;
  /** Since when it waits for somebody to resume it (CHK-08); `undefined` = it is not held. */
  readonly heldSince: number | undefined;
  /** When somebody last let it go on after it was held. Left out: nobody did. */
  readonly resumedAt?: number;
  /** When waiting or being held ends in FAILED; `undefined` = never. */
  readonly expiresAt: number | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface AcceptInput {
  /** Id for a new task; unused when the message continues one. */
  readonly newTaskId: string;
  readonly key: SessionKey;
  readonly tenant: string;
  readonly configVersion: string;
  readonly traceparent: string;
  readonly message: Message;
  readonly sessionMessage: SessionMessage;
  /** Set when the message continues an interrupted task (M7). */
  readonly taskId?: string;
  /** Task metadata, given on creation. */
  readonly metadata?: JsonObject;
  /** What the client wants to be answered in (S8). Default: anything. */
  readonly acceptedOutputModes?: readonly string[];
  /** Equal for the same message of the same caller in the same context (R11). */
  readonly dedupeKey: string;
  /** SHA-256 of what the message says, as hex: tells a message sent again from another one under the same id (R11). */
  readonly messageHash: string;
  /** What happens to a new run while an earlier one of its session is queued or running. Default `enqueue`. */
  readonly doubleTexting?: DoubleTexting;
  readonly at: number;
}

/**
 * `enqueue`: the new run waits its turn. `reject`: the message is refused. `interrupt`: the earlier runs are canceled (R6); what they
 * committed stays in the session. `rollback`: they are canceled and leave the session, which then reads as if they had never been.
 */
export type DoubleTexting = 'enqueue' | 'reject' | 'interrupt' | 'rollback';

export type AcceptOutcome =
  | {
      readonly type: 'accepted';
      readonly task: TaskRecord;
      readonly events: readonly TaskEvent[];
      /** Runs that gave way (`interrupt`, `rollback`), with the events that end them. */
      readonly interrupted?: readonly { readonly task: TaskRecord; readonly events: readonly TaskEvent[] }[];
    }
  /** `reject`: this run of the session has not ended. */
  | { readonly type: 'active'; readonly task: TaskRecord }
  /** The message was accepted before; this is its task (R11). */
  | { readonly type: 'duplicate'; readonly task: TaskRecord }
  /** The message's id was used before for one that says something else, which made this task (R11). */
  | { readonly type: 'conflict'; readonly task: TaskRecord }
  | { readonly type: 'not-found' }
  /** `taskId` is known but cannot take a message now. */
  | { readonly type: 'terminal'; readonly task: TaskRecord }
  /** It waited until its time was over, and no keeper had noticed: this message ended it (CHK-11). */
  | { readonly type: 'expired'; readonly task: TaskRecord; readonly events: readonly TaskEvent[] }
  /** The task is being worked on; messages go to it only while it waits for input. */
  | { readonly type: 'busy'; readonly task: TaskRecord };

export type TakeOutcome =
  /**
   * The epoch is raised; `task` shows it. The first take also turns SUBMITTED into WORKING: then `events` tells so.
   * `from`: the worker that had it and is gone; '' when nobody had it.
   */
  | { readonly type: 'taken'; readonly task: TaskRecord; readonly events: readonly TaskEvent[]; readonly from: string }
  | { readonly type: 'not-found' }
  /** Terminal, interrupted or held: nothing to run. */
  | { readonly type: 'not-runnable'; readonly task: TaskRecord }
  /** An earlier run of the same session has not ended; that run hands over when it does. */
  | { readonly type: 'behind'; readonly task: TaskRecord; readonly earlierTaskId: string }
  /** Its step was started `MAX_TAKES` times and never finished: the task is FAILED now, under a new epoch. */
  | {
      readonly type: 'given-up';
      readonly task: TaskRecord;
      readonly events: readonly TaskEvent[];
      /** The session's next waiting run. */
      readonly next?: TaskRecord;
    };

export interface StepCommit {
  readonly taskId: string;
  readonly epoch: number;
  /** The step this commit ends; equal to the record's `step` or nothing happens (R2). */
  readonly step: number;
  /** State after the commit. A terminal or interrupted state ends the run of steps. */
  readonly state: TaskState;
  readonly control: JsonObject;
  readonly messages: readonly SessionMessage[];
  readonly events: readonly TaskEventBody[];
  /** Written to the ledger in the same commit (R7). Default: none. */
  readonly toolCalls?: readonly ToolCallWrite[];
  /** This worker goes on with the next step itself; else the record's `worker` becomes ''. Default false. */
  readonly goesOn?: boolean;
  /** With an interrupted state: when the wait ends in FAILED. Default: never. */
  readonly expiresAt?: number;
  readonly at: number;
}

export type CommitOutcome =
  | {
      readonly type: 'committed';
      readonly events: readonly TaskEvent[];
      readonly task: TaskRecord;
      /** The session's next waiting run, when this commit ended the run before it. */
      readonly next?: TaskRecord;
    }
  /** Somebody raised the epoch, the step is done, or the task ended: this worker has lost it (R2, R3, R5). */
  | { readonly type: 'lost'; readonly task: TaskRecord | undefined };

export type CancelOutcome =
  | { readonly type: 'canceled'; readonly task: TaskRecord; readonly events: readonly TaskEvent[]; readonly next?: TaskRecord }
  | { readonly type: 'already-canceled'; readonly task: TaskRecord }
  | { readonly type: 'terminal'; readonly task: TaskRecord }
  | { readonly type: 'not-found' };

export interface SessionRange {
  /** Leaves out what belongs to later runs, which still wait. Default: nothing is left out. */
  readonly upToTurn?: number;
  /** Keeps the newest N. Default: all. */
  readonly limit?: number;
}

export interface TaskStore {
  /** R1, R11: task row, user's message, `task.created` or `message.added`, and the dedupe key, or nothing. */
  accept(input: AcceptInput): Promise<AcceptOutcome>;
  /** Whether a message of this dedupe key was accepted before: accepting it again adds no work (R11). */
  isAccepted(dedupeKey: string): Promise<boolean>;
  /** R3: raises the epoch of a runnable task; a SUBMITTED one becomes WORKING in the same commit. After `MAX_TAKES` it fails. */
  take(taskId: string, at: number, worker?: string): Promise<TakeOutcome>;
  /** R2–R5: one commit per step, guarded by the epoch. */
  commit(commit: StepCommit): Promise<CommitOutcome>;
  /** R6: ends a task as CANCELED and raises its epoch, so that a running step's commit is refused. */
  cancel(taskId: string, owner: string, message: Message | undefined, at: number): Promise<CancelOutcome>;
  /** `undefined` for unknown ids and for other owners' tasks alike. `owner` undefined = no ownership check (workers). */
  find(taskId: string, owner: string | undefined): Promise<TaskRecord | undefined>;
  /**
   * Events with `seq` > `afterSeq`, in order, at most `limit` (default 1,000); of those as many as are stored in `maxBytes` together, but one
   * in any case (default: no bound).
   */
  events(taskId: string, afterSeq: number, limit?: number, maxBytes?: number): Promise<readonly TaskEvent[]>;
  /** Newest `seq` per task that exists. */
  sequences(taskIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Messages of a session in the order of the runs that they belong to, so that each question stands before its answer. */
  sessionMessages(key: SessionKey, range?: SessionRange): Promise<readonly SessionMessage[]>;
  /** Runnable tasks not touched since `before`, oldest first, for the recovery sweep; `after` continues behind that task. */
  runnable(before: number, limit: number, after?: Pick<TaskRecord, 'updatedAt' | 'id'>): Promise<readonly TaskRecord[]>;
}

/**
 * Takes of one step that end in no commit before its run is given up: a step that kills its process must not go on to
 * kill one worker after the other. More than the tries a worker itself gives an agent.
 */
export const MAX_TAKES = 10;

/** Texts of config versions, so that any instance can build the one a run is pinned to (R12). */
export interface ConfigVersionStore {
  save(version: string, text: string, at: number): Promise<void>;
  find(version: string): Promise<string | undefined>;
}
