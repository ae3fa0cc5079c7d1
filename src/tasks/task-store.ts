/**
 * Contract of the run log (ARCHITECTURE §5). Implemented by `storage/sql`.
 *
 * One fenced, append-only, cursor-addressable log per task. Every method is one atomic transaction;
 * implementations may group calls that arrive together, each keeping its own outcome.
 */
import type { JsonObject } from '../base/json.js';
import type { Message, TaskState } from '../protocol/a2a.js';
import type { BranchWrite, ChildOrigin } from './child-runs.js';
import type { SessionMessage } from './session-message.js';
import type { SessionState, StateDelta } from './session-state.js';
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
  /** Of a run below another one: its session is its own, and no client can name it. */
  readonly child?: ChildOrigin;
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
  /** Trace context of the request that started the run, as `observe/trace.ts` writes it: a W3C `traceparent`, and more below it; or ''. */
  readonly traceparent: string;
  /** The worker that took it and has neither ended, handed over nor given it back; '' = nobody. ASCII, up to 64 characters. */
  readonly worker: string;
  /** Since when it waits for somebody to resume it (CHK-08); `undefined` = it is not held. */
  readonly heldSince: number | undefined;
  /** When somebody last let it go on after it was held. Left out: nobody did. */
  readonly resumedAt?: number;
  /** When waiting or being held ends in FAILED; `undefined` = never. */
  readonly expiresAt: number | undefined;
  /**
   * Roles that the caller had when it began the run; also of the runs below it. Left out: no role is wanted of the caller. Never changes.
   */
  readonly callerRoles?: readonly string[];
  /** How many runs it has branched into so far. Default 0. */
  readonly children?: number;
  /** How many of them work, neither ended nor waiting: while there are any, the run is not runnable. Default 0. */
  readonly openChildren?: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What a client must have in common with a task to read it, and how far its log goes. */
export type TaskHead = Pick<TaskRecord, 'agent' | 'tenant' | 'seq'>;

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
  /** Kept with a new task. Default: no role is wanted of the caller. */
  readonly callerRoles?: readonly string[];
  /** Equal for the same message of the same caller in the same context (R11). */
  readonly dedupeKey: string;
  /** SHA-256 of what the message says, as hex: tells a message sent again from another one under the same id (R11). */
  readonly messageHash: string;
  /** What happens to a new run while an earlier one of its session is queued or running. Default `enqueue`. */
  readonly doubleTexting?: DoubleTexting;
  /** Takes a new run in the same transaction (R3), if it is its session's first one and the store can. Default: nobody does. */
  readonly worker?: string;
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
      /** `worker` has it: `task` and `events` are of the moment before. */
      readonly taken?: TakenRun;
      /** Runs that gave way (`interrupt`, `rollback`), with the events that end them. */
      readonly interrupted?: readonly ({ readonly task: TaskRecord; readonly events: readonly TaskEvent[] } & TreeChange)[];
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

/** The epoch is raised; `task` shows it. */
export interface TakenRun {
  readonly task: TaskRecord;
  /** The first take also turns SUBMITTED into WORKING, and tells so. */
  readonly events: readonly TaskEvent[];
  /** The worker that had it and is gone; '' when nobody had it. */
  readonly from: string;
  /** All of its session, where that is known without reading. */
  readonly history?: readonly SessionMessage[];
}

export type TakeOutcome =
  | ({ readonly type: 'taken' } & TakenRun)
  | { readonly type: 'not-found' }
  /** Terminal, interrupted or held: nothing to run. */
  | { readonly type: 'not-runnable'; readonly task: TaskRecord }
  /** An earlier run of the same session has not ended; that run hands over when it does. */
  | { readonly type: 'behind'; readonly task: TaskRecord; readonly earlierTaskId: string }
  /** Its step was started `MAX_TAKES` times and never finished: the task is FAILED now, under a new epoch. */
  | ({
      readonly type: 'given-up';
      readonly task: TaskRecord;
      readonly events: readonly TaskEvent[];
      /** The session's next waiting run. */
      readonly next?: TaskRecord;
    } & TreeChange);

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
  /** Changes of the run's state, in the same commit (SES-03). */
  readonly sessionState?: StateDelta;
  /** With WORKING: the run pauses until none of its children works any more. */
  readonly branch?: BranchWrite;
  /** What the worker's record says of the run's tree: saves the store a second try. Default: it finds out. */
  readonly tree?: Pick<TaskRecord, 'child' | 'children'>;
  /** This worker goes on with the next step itself; else the record's `worker` becomes ''. Default false. */
  readonly goesOn?: boolean;
  /** With an interrupted state: when the wait ends in FAILED. Default: never. */
  readonly expiresAt?: number;
  readonly at: number;
}

export type CommitOutcome =
  | ({
      readonly type: 'committed';
      /** Of a child: those that went to the log of its root. */
      readonly events: readonly TaskEvent[];
      readonly task: TaskRecord;
      /** The session's next waiting run, when this commit ended the run before it. */
      readonly next?: TaskRecord;
    } & TreeChange)
  /** Somebody raised the epoch, the step is done, or the task ended: this worker has lost it (R2, R3, R5). */
  | { readonly type: 'lost'; readonly task: TaskRecord | undefined };

export type CancelOutcome =
  | ({
      readonly type: 'canceled';
      readonly task: TaskRecord;
      readonly events: readonly TaskEvent[];
      readonly next?: TaskRecord;
    } & TreeChange)
  | { readonly type: 'already-canceled'; readonly task: TaskRecord }
  | { readonly type: 'terminal'; readonly task: TaskRecord }
  | { readonly type: 'not-found' };

/** A child as its parent finds it when it joins. */
export interface ChildRecord {
  readonly task: TaskRecord;
  readonly statusMessage: Message | undefined;
  readonly statusMetadata: JsonObject | undefined;
  /** What it added to its own session, oldest first. */
  readonly messages: readonly SessionMessage[];
}

/** What a write to one run did to others of its tree; members that are empty are left out. */
export interface TreeChange {
  /** Became runnable: to be enqueued. */
  readonly wakes?: readonly TaskRecord[];
  /** Ended with it: whoever runs them is to stop. */
  readonly ended?: readonly TaskRecord[];
}

export interface ChildRunStore {
  /** In the order of branching. `messagesOf`: keys of those whose messages are wanted; the others have none. Default: all. */
  children(parentId: string, messagesOf?: readonly string[]): Promise<readonly ChildRecord[]>;
  /** All runs below a root, parents before their children. */
  descendants(rootId: string): Promise<readonly TaskRecord[]>;
  /** All scopes of a run's state (SES-03), with the prefixes of their keys. */
  sessionState(task: TaskRecord): Promise<SessionState>;
}

export interface SessionRange {
  /** Leaves out what belongs to later runs, which still wait. Default: nothing is left out. */
  readonly upToTurn?: number;
  /** Keeps the newest N. Default: all. */
  readonly limit?: number;
}

export interface TaskStore extends ChildRunStore {
  /** R1, R11: task row, user's message, `task.created` or `message.added`, and the dedupe key, or nothing. */
  accept(input: AcceptInput): Promise<AcceptOutcome>;
  /** Whether a message of this dedupe key was accepted before: accepting it again adds no work (R11). */
  isAccepted(dedupeKey: string): Promise<boolean>;
  /** R3: raises the epoch of a runnable task; a SUBMITTED one becomes WORKING in the same commit. After `MAX_TAKES` it fails. */
  take(taskId: string, at: number, worker?: string): Promise<TakeOutcome>;
  /**
   * R2–R5: one commit per step, guarded by the epoch. What a child puts out goes to the log of its root, in the same transaction (R4);
   * its own log has its messages and statuses. Its end or wait is the parent's: the last one makes the parent runnable.
   */
  commit(commit: StepCommit): Promise<CommitOutcome>;
  /** R6: ends a task and all below it as CANCELED and raises their epochs, so that a running step's commit is refused. */
  cancel(taskId: string, owner: string, message: Message | undefined, at: number): Promise<CancelOutcome>;
  /** `undefined` for unknown ids, for other owners' tasks and for children alike. `owner` undefined = no such check (workers). */
  find(taskId: string, owner: string | undefined): Promise<TaskRecord | undefined>;
  /** As `find`, for whoever asks again and again. */
  findHead(taskId: string, owner: string | undefined): Promise<TaskHead | undefined>;
  /**
   * Events with `seq` > `afterSeq`, in order, at most `limit` (default 1,000); of those as many as are stored in `maxBytes` together, but one
   * in any case (default: no bound).
   */
  events(taskId: string, afterSeq: number, limit?: number, maxBytes?: number): Promise<readonly TaskEvent[]>;
  /** Newest `seq` per task that exists. */
  sequences(taskIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /**
   * Messages of a session in the order of the runs that they belong to, so that each question stands before its answer. A child's begin
   * with what it inherits.
   */
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
