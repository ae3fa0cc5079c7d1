import type { Message, Part } from '../protocol/a2a.js';
import type { SessionMessage, SessionPart } from './session-message.js';

/** A session's message as the log of a run holds it; what only models read is left out. */
export function toA2aMessage(message: SessionMessage, { id, contextId }: { readonly id: string; readonly contextId: string }): Message {
  return {
    messageId: message.id,
    contextId,
    taskId: id,
    role: message.role === 'user' ? 'ROLE_USER' : 'ROLE_AGENT',
    parts: message.parts.flatMap(toPart),
  };
}

function toPart(part: SessionPart): readonly Part[] {
  switch (part.type) {
    case 'text':
      return [{ text: part.text }];
    case 'data': {
      const { type: _, ...rest } = part;
      return [rest];
    }
    case 'file': {
      const { type: _, ...rest } = part;
      return [rest];
    }
    default:
      return [];
  }
}
