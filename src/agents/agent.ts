/**
 * What one step of an agent does. A step is the unit of recovery (ARCHITECTURE §5): for an LLM agent one
 * model call and the tool calls it asked for.
 */
import type { JsonObject } from '../base/json.js';
import type { Message } from '../protocol/a2a.js';
import type { SessionMessage } from '../tasks/session-message.js';
import type { TaskEventBody } from '../tasks/task-event.js';
import type { TaskRecord } from '../tasks/task-store.js';

export interface StepState {
  readonly task: TaskRecord;
  /** The session so far, oldest first; ends with what this step has to answer. */
  readonly history: readonly SessionMessage[];
}

export interface StepContext {
  /** Aborted on cancel, lost lease, drain past its budget. */
  readonly signal: AbortSignal;
  /**
   * Shows growth of an artifact at once (R9). Never throws; a preview that fails is only slower. What was previewed must be
   * the beginning of the text that the step's event brings.
   */
  preview(artifactId: string, text: string): void;
}

/** What a step adds to the log when it commits. */
interface StepResult {
  readonly control: JsonObject;
  readonly messages: readonly SessionMessage[];
  readonly events: readonly TaskEventBody[];
}

export type StepOutcome =
  | ({ readonly type: 'continue' } & StepResult)
  /** The run pauses for somebody outside. */
  | ({
      readonly type: 'wait';
      readonly state: 'TASK_STATE_INPUT_REQUIRED' | 'TASK_STATE_AUTH_REQUIRED';
      readonly statusMessage: Message;
    } & StepResult)
  | ({ readonly type: 'finished'; readonly statusMessage?: Message; readonly statusMetadata?: JsonObject } & StepResult)
  | ({ readonly type: 'failed'; readonly statusMessage: Message } & StepResult);

export interface Agent {
  /** Key in `agents.<name>`. */
  readonly name: string;
  /**
   * Runs one step. Expected failures are `failed` outcomes; a throw means that the step did not happen and,
   * when its disposition is `retry`, may be tried again.
   */
  runStep(state: StepState, context: StepContext): Promise<StepOutcome>;
}
