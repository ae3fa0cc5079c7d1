/** The messages of one tool call and its result, as a session holds them. */
import type { SessionMessage, SessionPart, ToolResultPart } from '../../src/tasks/session-message.js';

export function agentMessage(...parts: readonly SessionPart[]): SessionMessage {
  return { id: 'a', role: 'agent', author: 'helper', createdAt: 2, parts };
}

export function callPart(id: string, name = 'look_up'): SessionPart {
  return { type: 'tool_call', id, name, arguments: { word: 'x' } };
}

export function resultMessage(callId: string, changes: Partial<ToolResultPart> = {}): SessionMessage {
  const result: ToolResultPart = { type: 'tool_result', callId, name: 'look_up', content: 'found', isError: false, ...changes };
  return { id: 't', role: 'tool', author: 'helper', createdAt: 3, parts: [result] };
}

export const LOOK_UP = {
  name: 'look_up',
  description: 'Looks up',
  parameters: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
};
