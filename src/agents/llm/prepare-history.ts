/** The session as this agent's model may read it. */
import { type SessionMessage, type ToolCallPart, type ToolResultPart, textOf } from '../../tasks/session-message.js';

/**
 * Every tool call is followed by its result, in the order of the calls, and no result stands alone (AGT-28, AGT-55):
 * a call whose result is missing gets an error result. Messages of other agents become text of the user (AGT-27).
 */
export function prepareHistory(history: readonly SessionMessage[], agent: string): readonly SessionMessage[] {
  const own = history.flatMap((message) => ownView(message, agent));
  const results = new Map<string, ToolResultPart>();
  for (const message of own) {
    for (const part of message.parts) if (part.type === 'tool_result') results.set(part.callId, part);
  }
  return own.flatMap((message) => {
    if (message.role === 'tool') return [];
    const calls = message.parts.filter((part) => part.type === 'tool_call');
    return calls.length === 0 ? [message] : [message, resultMessage(message, calls, results)];
  });
}

function resultMessage(
  message: SessionMessage,
  calls: readonly ToolCallPart[],
  results: ReadonlyMap<string, ToolResultPart>,
): SessionMessage {
  return {
    id: `${message.id}-results`,
    role: 'tool',
    author: message.author,
    createdAt: message.createdAt,
    parts: calls.map(
      (call) =>
        results.get(call.id) ?? { type: 'tool_result' as const, callId: call.id, name: call.name, content: '(no result)', isError: true },
    ),
  };
}

function ownView(message: SessionMessage, agent: string): readonly SessionMessage[] {
  if (message.role === 'user' || message.author === agent) return [message];
  const text = textOf(message);
  if (message.role === 'tool' || text === '') return [];
  return [
    { ...message, role: 'user', author: 'user', parts: [{ type: 'text', text: `[Message from agent '${message.author}']: ${text}` }] },
  ];
}
