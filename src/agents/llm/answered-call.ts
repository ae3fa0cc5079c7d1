import type { SessionMessage, ToolCallPart } from '../../tasks/session-message.js';
import type { StoredToolResult } from '../../tasks/tool-call.js';

/** A call with what came of it. */
export interface AnsweredCall {
  readonly call: ToolCallPart;
  readonly result: StoredToolResult;
  /** Somebody had to decide it. */
  readonly requiresApproval: boolean;
}

export interface ToolMessageOptions {
  readonly id: string;
  /** The agent's key. */
  readonly author: string;
  readonly consumes?: readonly string[];
  readonly at: number;
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
    parts: answered.map(({ call, result: { content, isError } }) => ({
      type: 'tool_result',
      callId: call.id,
      name: call.name,
      content,
      isError,
    })),
    ...(consumes.length === 0 ? {} : { consumes }),
    createdAt: at,
  };
}
