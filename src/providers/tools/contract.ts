/** Contract of tools. */
import type { JsonObject, JsonValue } from '../../base/json.js';
import type { ToolEffect } from '../../tasks/tool-call.js';
import type { ToolDefinition } from '../llms/contract.js';

export interface ToolContext {
  readonly taskId: string;
  readonly contextId: string;
  readonly agent: string;
  readonly owner: string;
  readonly callId: string;
  /** The same for every attempt of this call, and for no other call: hand it to whatever can tell a repetition by it (R7). */
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

export interface ToolResult {
  /** What the model reads. */
  readonly content: string;
  readonly isError?: boolean;
  /** Structured facts for clients (for `search`: the sources), shown as a data part beside the answer. */
  readonly data?: JsonValue;
}

export interface Tool extends ToolDefinition {
  /** What repeating a call after a crash means (R7). */
  readonly effect: ToolEffect;
  /** Each call waits for somebody's decision first (TOOL-60). Default false. */
  readonly requiresApproval?: boolean;
  /** Asks for the decision; `{name}` stands for the argument of that name. Default: a sentence with tool and arguments. */
  readonly approvalPrompt?: string;
  /**
   * Arguments are validated against `parameters` and defaults applied before this is called (TOOL-22). To resolve says that this
   * is what came of the call, also after the signal aborted; a call that stopped for the signal rejects, as nobody knows then.
   */
  execute(args: JsonObject, context: ToolContext): Promise<ToolResult>;
}
