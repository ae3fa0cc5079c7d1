/** Contract of tools. */
import type { JsonObject, JsonValue } from '../../base/json.js';
import type { ToolDefinition } from '../llms/contract.js';

/**
 * What repeating a call after a crash would mean (R7). A step that is taken over runs again from its beginning, so only
 * tools that change nothing fit in until calls have a ledger.
 */
export type ToolEffect = 'pure';

export interface ToolContext {
  readonly taskId: string;
  readonly contextId: string;
  readonly agent: string;
  readonly owner: string;
  readonly callId: string;
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
  readonly effect: ToolEffect;
  /** Arguments are validated against `parameters` and defaults applied before this is called (TOOL-22). */
  execute(args: JsonObject, context: ToolContext): Promise<ToolResult>;
}
