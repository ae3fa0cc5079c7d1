/**
 * What one step of an agent does. A step is the unit of recovery (ARCHITECTURE §5): for an LLM agent one
 * model call and the tool calls it asked for, or those calls by themselves when they act on the world (R7).
 */
import type { ErrorCode } from '../base/errors.js';
import type { JsonObject } from '../base/json.js';
import type { Message, TaskState } from '../protocol/a2a.js';
import type { SessionMessage } from '../tasks/session-message.js';
import type { SessionState, StateDelta } from '../tasks/session-state.js';
import type { TaskEvent, TaskEventBody } from '../tasks/task-event.js';
import type { TaskRecord } from '../tasks/task-store.js';
import type { SessionToolCall, ToolCallRecord, ToolCallWrite } from '../tasks/tool-call.js';
import type { RunningCalls } from './llm/cancelable-calls.js';

export interface StepState {
  readonly task: TaskRecord;
  /** The session so far, oldest first; ends with what this step has to answer. */
  readonly history: readonly SessionMessage[];
  /** The session's state, with what earlier steps of this turn changed (SES-03). Default: empty. */
  readonly sessionState?: SessionState;
  /** The runs that this one branched into, in the order of their branching. Default: none. */
  readonly children?: readonly ChildRun[];
  /**
   * The agents from the run's own down to this one, as a dot path; `#2` marks the second turn of an agent in the same place (AGT-26).
   * Default: what the run's place below its parent says, else the agent's name.
   */
  readonly branch?: string;
}

/** A run that another one waits for: a branch of a parallel workflow, or the agent behind an agent tool. */
export interface ChildRun {
  /** Its place below its parent, unique among its siblings; `ChildStart.key`. */
  readonly key: string;
  readonly taskId: string;
  /** Key in `agents`. */
  readonly agent: string;
  readonly state: TaskState;
  /** Its last word: the answer, the question while it waits, the reason of its failure. */
  readonly statusMessage: Message | undefined;
  readonly statusMetadata: JsonObject | undefined;
  /** When its waiting ends in FAILED. Default: never. */
  readonly expiresAt?: number;
  /** What it and those above and below it have used up so far, by agent: `spent.ts`. Default: nothing. */
  readonly spent?: JsonObject;
  /** When it last changed, epoch milliseconds. Default: not known. */
  readonly updatedAt?: number;
  /**
   * What it added to its own session, oldest first; what it was started with is left out. Empty for those that the parent's control does
   * not keep open (`writeOpenChildren`).
   */
  readonly messages: readonly SessionMessage[];
}

/** A run to begin below this one. It has its own steps, epoch, lease and ledger, and may run on any worker. */
export interface ChildStart {
  /** Unique among all children of this run, e.g. `2/reviewer`; what it puts out is shown under it (AGT-26). */
  readonly key: string;
  /** Key in `agents`. */
  readonly agent: string;
  /** What it has to answer; put behind what it inherits. */
  readonly messages: readonly SessionMessage[];
  /** It sees the parent's history up to here (a parallel branch); false: nothing but `messages` (AGT-24). */
  readonly inheritsHistory: boolean;
  /** `shared`: it reads and writes the state of the parent's session. `copied`: it begins with a copy of its own (AGT-24). */
  readonly state: 'shared' | 'copied';
  /** What its first step finds in its control. Default: nothing. */
  readonly control?: JsonObject;
}

/** Something said to a child that waits. */
export interface ChildMessage {
  readonly key: string;
  readonly message: SessionMessage;
}

export interface StepContext {
  /** Aborted on cancel, lost lease, drain past its budget. */
  readonly signal: AbortSignal;
  /**
   * Aborted when this worker's turn with the run is over, however it ended. The same object for all steps of one turn, and of no
   * other: what an agent keeps in memory from step to step belongs to it.
   */
  readonly turn: AbortSignal;
  /** The run's events up to its last commit, oldest first. */
  readEvents(): Promise<readonly TaskEvent[]>;
  /**
   * Shows growth of an artifact at once (R9). Never throws; a preview that fails is only slower. What was previewed must be
   * the beginning of the text that the step's event brings.
   */
  preview(artifactId: string, text: string): void;
  readonly ledger: StepLedger;
  readonly checkpoint: CheckpointPoints;
  /** What this step runs and somebody may cancel by itself (API-09). Default: nobody can. */
  readonly calls?: RunningCalls;
}

/** The run's tool calls, as the log has them (R7). */
export interface StepLedger {
  /** Those of these calls that the log knows, by call id. */
  find(callIds: readonly string[]): Promise<ReadonlyMap<string, ToolCallRecord>>;
  /** Those of these calls that the log knows of any run of the session, by call id. */
  findInSession(callIds: readonly string[]): Promise<ReadonlyMap<string, SessionToolCall>>;
  /** Commits intents before, and results after, the calls themselves. @throws AppError `TASK_LOST` when another worker has the run. */
  record(calls: readonly ToolCallWrite[]): Promise<void>;
}

/** Where the configuration wants more commits than the end of a step (CHK-01, CHK-03); what R7 demands does not depend on it. */
export interface CheckpointPoints {
  /** The model's answer is committed before the tools that it asks for run: a crash does not pay for it again. */
  readonly afterModel: boolean;
  /** Each result is recorded when its tool ends, also of pure tools: a crash does not run it again. */
  readonly afterTools: boolean;
}

/** What a step adds to the log when it commits. */
interface StepResult {
  readonly control: JsonObject;
  readonly messages: readonly SessionMessage[];
  readonly events: readonly TaskEventBody[];
  /** Into the ledger, in the same commit. */
  readonly toolCalls?: readonly ToolCallWrite[];
  /** Changes of the session's state, in the same commit (SES-03). */
  readonly sessionState?: StateDelta;
}

export interface StepActions {
  /** Key of the agent that is to answer instead. */
  readonly transferTo?: string;
  /** Why the agent hands back to the one above it: ends the loop that it works in (AGT-32). '' = no reason given. */
  readonly escalate?: string;
}

export type StepOutcome =
  | ({
      readonly type: 'continue';
      /** Must be committed before the next step begins, whatever the checkpoint strategy: that step acts on the world (R7). */
      readonly durable?: boolean;
      /** Another worker would have to begin something anew: the run is handed over only when this one drains. */
      readonly staysHere?: boolean;
    } & StepResult)
  /**
   * The run pauses until none of its children works any more: each has ended or waits for somebody. Then its next step finds them in
   * `StepState.children`. At least one start or message.
   */
  | ({ readonly type: 'branch'; readonly starts: readonly ChildStart[]; readonly says: readonly ChildMessage[] } & StepResult)
  /** The run pauses for somebody outside. */
  | ({
      readonly type: 'wait';
      readonly state: 'TASK_STATE_INPUT_REQUIRED' | 'TASK_STATE_AUTH_REQUIRED';
      readonly statusMessage: Message;
      readonly statusMetadata?: JsonObject;
      /** Milliseconds until the wait ends in FAILED. Default: never. */
      readonly expiresAfterMs?: number;
    } & StepResult)
  | ({
      readonly type: 'finished';
      readonly statusMessage?: Message;
      readonly statusMetadata?: JsonObject;
      /** `statusMessage` is the whole answer: SendMessage returns it in place of the task (S1, T2). */
      readonly isDirect?: boolean;
      /** What is to become of the conversation; the agent above this one sees to it (AGT-08, AGT-16). */
      readonly actions?: StepActions;
    } & StepResult)
  /** `rejected`: the agent does not want to do it, which is no failure of its own. */
  | ({
      readonly type: 'failed' | 'rejected';
      readonly statusMessage: Message;
      readonly statusMetadata?: JsonObject;
      /** What failed, for whoever counts; clients do not see it. */
      readonly errorCode?: ErrorCode;
    } & StepResult);

export interface Agent {
  /** Key in `agents.<name>`. */
  readonly name: string;
  /**
   * Runs one step. Expected failures are `failed` outcomes; a throw means that the step did not happen and,
   * when its disposition is `retry`, may be tried again.
   */
  runStep(state: StepState, context: StepContext): Promise<StepOutcome>;
}
