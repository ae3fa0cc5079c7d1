import type { SessionMessage, ToolCallPart, ToolResultPart } from '../../tasks/session-message.js';
import type { StateDelta } from '../../tasks/session-state.js';
import type { StoredToolResult } from '../../tasks/tool-call.js';

/** A call with what came of it. */
export interface AnsweredCall {
  readonly call: ToolCallPart;
  readonly result: StoredToolResult;
  /** Somebody had to decide it. */
  readonly requiresApproval: boolean;
  /** What it showed while it ran. Default: nothing. */
  readonly shown?: string | undefined;
}

export interface ToolMessageOptions {
  readonly id: string;
  /** The agent's key. */
  readonly author: string;
  readonly consumes?: readonly string[];
  readonly at: number;
}

/** As models read it. */
export function toResultPart(call: ToolCallPart, { content, isError, files = [] }: StoredToolResult): ToolResultPart {
  return { type: 'tool_result', callId: call.id, name: call.name, content, isError, ...(files.length === 0 ? {} : { files }) };
}

/** What the calls changed of the session's state, in their order (SES-03). */
export function mergeStateChanges(answered: readonly AnsweredCall[]): { readonly sessionState?: StateDelta } {
  const changes = answered.flatMap(({ result }) => result.sessionState ?? []);
  return changes.length === 0 ? {} : { sessionState: Object.assign({}, ...changes) as StateDelta };
}

/** The results of one turn, merged, in the order of the calls (AGT-05). */
export function createToolMessage(
  answered: readonly AnsweredCall[],
  { id, author, consumes = [], at }: ToolMessageOptions,
): SessionMessage {
  return {
    id,
    role: 'tool',
    author,
    parts: answered.map(({ call, result }) => toResultPart(call, result)),
    ...(consumes.length === 0 ? {} : { consumes }),
    createdAt: at,
  };
}
