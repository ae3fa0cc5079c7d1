import type { JsonObject, JsonValue } from '../base/json.js';
import type { Part } from '../protocol/a2a.js';

/**
 * One message of a session, in the form that models read. Append-only rows (R8).
 * `tool` messages hold the merged results of one model turn, in the order of the calls (AGT-05).
 */
export interface SessionMessage {
  /** For a user's message its A2A `messageId`. */
  readonly id: string;
  readonly role: 'user' | 'agent' | 'tool';
  /** `user`, or the agent's key. */
  readonly author: string;
  readonly parts: readonly SessionPart[];
  /** Of a `tool` message: ids of the user's messages that were nothing but decisions about its calls, or were refused; no agent reads them. */
  readonly consumes?: readonly string[];
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

export type SessionPart =
  | { readonly type: 'text'; readonly text: string }
  | FilePart
  | { readonly type: 'data'; readonly data: JsonValue; readonly mediaType?: string }
  /** Reasoning of the model; `signature` is the provider's, replayed as it came (AGT-12). */
  | { readonly type: 'thinking'; readonly text: string; readonly signature?: string }
  | ToolCallPart
  | ToolResultPart;

/** A file by URL or as base64 `raw`. */
export interface FilePart {
  readonly type: 'file';
  readonly url?: string;
  readonly raw?: string;
  readonly mediaType?: string;
  readonly filename?: string;
}

export interface ToolCallPart {
  readonly type: 'tool_call';
  /** Unique within the session. */
  readonly id: string;
  readonly name: string;
  readonly arguments: JsonObject;
  /** What the model wrote when it was no JSON object; `arguments` is empty then. */
  readonly invalidArguments?: string;
  /** What the arguments had when they were too large to keep; `arguments` is empty then. */
  readonly argumentsBytes?: number;
}

export interface ToolResultPart {
  readonly type: 'tool_result';
  readonly callId: string;
  readonly name: string;
  /** What the model reads. */
  readonly content: string;
  readonly isError: boolean;
  /** Images and files beside the content, for models that read them. */
  readonly files?: readonly FilePart[];
}

/** The text parts of a message, joined. */
export function textOf(message: SessionMessage): string {
  return message.parts
    .filter((part) => part.type === 'text')
    .map((part) => part.text)
    .join('');
}

/** A part as models read it; its metadata is for programs. */
export function toSessionPart(part: Part): SessionPart {
  const { text, data, url, raw, mediaType, filename } = part;
  if (text !== undefined) return { type: 'text', text };
  if (data !== undefined) return { type: 'data', data, ...(mediaType === undefined ? {} : { mediaType }) };
  return {
    type: 'file',
    ...(url === undefined ? {} : { url }),
    ...(raw === undefined ? {} : { raw }),
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(filename === undefined ? {} : { filename }),
  };
}
