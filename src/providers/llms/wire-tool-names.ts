/**
 * Names of tools as every provider takes them: letters, digits, `_` and `-`, at most 64. Tools of other servers and of the
 * configuration may be called `files.read`; the model sees another name, and what it calls comes back under the right one.
 */
import { sha256Hex } from '../../base/json.js';
import type { SessionMessage } from '../../tasks/session-message.js';
import type { ModelEvent, ModelRequest } from './contract.js';

export interface WireToolNames {
  readonly request: ModelRequest;
  readonly restore: (event: ModelEvent) => ModelEvent;
}

export function withWireToolNames(request: ModelRequest): WireToolNames {
  const names = new Set([...request.tools.map(({ name }) => name), ...request.messages.flatMap(namesIn)]);
  if ([...names].every((name) => ALLOWED.test(name))) return { request, restore: (event) => event };
  const originals = new Map([...names].map((name) => [toWireName(name), name]));
  return {
    request: {
      ...request,
      tools: request.tools.map((tool) => ({ ...tool, name: toWireName(tool.name) })),
      messages: request.messages.map((message) => ({
        ...message,
        parts: message.parts.map((part) =>
          part.type === 'tool_call' || part.type === 'tool_result' ? { ...part, name: toWireName(part.name) } : part,
        ),
      })),
    },
    restore: (event) => (event.type === 'tool_call' ? { ...event, name: originals.get(event.name) ?? event.name } : event),
  };
}

function namesIn({ parts }: SessionMessage): readonly string[] {
  return parts.flatMap((part) => (part.type === 'tool_call' || part.type === 'tool_result' ? [part.name] : []));
}

/** The same name always becomes the same one, so that a cached prefix stays the same; two never become one. */
function toWireName(name: string): string {
  if (ALLOWED.test(name)) return name;
  return `t_${name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 50)}_${sha256Hex(name).slice(0, 8)}`;
}

const ALLOWED = /^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/;
