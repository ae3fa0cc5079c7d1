/**
 * The ledger of tool calls (R7): what a run was about to do to the world, and what came of it.
 *
 * One row per call of a run that must not be repeated blindly or that somebody has to decide. Written under the run's epoch
 * (R3), either beside a step's commit or in the middle of a step, right before and right after the call.
 */
import type { JsonValue } from '../base/json.js';
import type { Part, TaskState } from '../protocol/a2a.js';
import type { FilePart } from './session-message.js';
import type { StateDelta } from './session-state.js';

/**
 * What repeating a call after a crash means (R7). `pure`: nothing, it is run again. `idempotent`: nothing as long as the
 * same idempotency key goes with it. `once`: harm; a call whose outcome is unknown is never repeated without being told to.
 */
export type ToolEffect = 'pure' | 'idempotent' | 'once';

/**
 * `awaiting` a decision → `approved` or `denied`; `intended`: may have begun; `done`: its result is kept; `unknown`: a `once` call
 * that an attempt before this one began, and nobody knows how it ended: somebody is asked.
 */
export type ToolCallStatus = 'awaiting' | 'approved' | 'denied' | 'intended' | 'unknown' | 'done';

/** What the model and clients are told of a call. */
export interface StoredToolResult {
  readonly content: string;
  readonly isError: boolean;
  readonly data?: JsonValue;
  readonly files?: readonly FilePart[];
  /** New versions of the session's artifacts (SES-07): they are put out with the commit of its step. */
  readonly artifacts?: readonly StoredArtifact[];
  /** What the call changes of the session's state (SES-03): it takes effect with the commit of its step. */
  readonly sessionState?: StateDelta;
}

export interface StoredArtifact {
  readonly name: string;
  readonly description?: string;
  readonly parts: readonly Part[];
}

export interface ToolCallWrite {
  /** Unique within the session. */
  readonly callId: string;
  readonly tool: string;
  readonly effect: ToolEffect;
  /** SHA-256 of the arguments' canonical JSON, as hex: what a decision is bound to. */
  readonly argumentsHash: string;
  /** Handed to the tool; the same for every attempt of this call. */
  readonly idempotencyKey: string;
  readonly status: ToolCallStatus;
  /** With `done` and `denied`. */
  readonly result?: StoredToolResult;
  /** `messageId` of the message that decided, and when. */
  readonly decision?: { readonly messageId: string; readonly at: number };
}

/** What a row says about its call whatever becomes of it. */
export type CallIdentity = Pick<ToolCallWrite, 'callId' | 'tool' | 'effect' | 'argumentsHash' | 'idempotencyKey'>;

export function identityOf({ callId, tool, effect, argumentsHash, idempotencyKey }: CallIdentity): CallIdentity {
  return { callId, tool, effect, argumentsHash, idempotencyKey };
}

/** What somebody can say when asked about a call: `approval`: may it run? `outcome`: how did it end? */
export const DECISIONS = { approval: ['approve', 'deny'], outcome: ['done', 'retry', 'skip'] } as const;

export type CallQuestion = keyof typeof DECISIONS;

export interface ToolCallRecord extends ToolCallWrite {
  readonly taskId: string;
  /** The step and the epoch that wrote it last. */
  readonly step: number;
  readonly epoch: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A call of one of a session's runs, with the state that its run is in. */
export interface SessionToolCall extends ToolCallRecord {
  readonly taskState: TaskState;
}

/** A write in the middle of a step; the step stays open. */
export interface StepRecord {
  readonly taskId: string;
  readonly epoch: number;
  /** The step that runs; equal to the task's `step` or nothing happens. */
  readonly step: number;
  readonly toolCalls: readonly ToolCallWrite[];
  readonly at: number;
}

export type RecordOutcome = 'recorded' | 'lost';

/** Which calls of a task; each member leaves out others. */
export interface ToolCallQuery {
  readonly callIds?: readonly string[];
  /** Those that this step still has to see to or sees to: not `done`, nor `denied` before it. */
  readonly openIn?: number;
  /** The newest so many. */
  readonly newest?: number;
}

export interface ToolCallStore {
  /**
   * R3, R7: all of it or nothing, guarded like a commit; `lost` when the epoch is not the newest, or the run ended or waits.
   *
   * One thing outlives the run: what came of a call that this epoch began. When the run has ended meanwhile, and `toolCalls` are results
   * only, those of them are kept whose row is still `intended` by this epoch: nobody else has touched it. The rows change and nothing
   * else; `lost` when there is none.
   */
  record(record: StepRecord): Promise<RecordOutcome>;
  /** The calls of a task, oldest first. Default: all, however many. */
  toolCalls(taskId: string, query?: ToolCallQuery): Promise<readonly ToolCallRecord[]>;
  countToolCalls(taskId: string): Promise<number>;
  /** Those of these calls that runs of the task's session made, whichever run it was; not of runs that were rolled back. Oldest first. */
  sessionToolCalls(taskId: string, callIds: readonly string[]): Promise<readonly SessionToolCall[]>;
}
