/**
 * Session messages as the Messages API wants them: the first is a user's, the last is not the assistant's (newer
 * models refuse to go on with words put into their mouth), roles alternate, results come first in the message after
 * their calls, no text is blank, ids have no characters that it refuses (AGT-06).
 */
import type { Anthropic } from '@anthropic-ai/sdk';
import type { FilePart, SessionMessage, SessionPart, ToolResultPart } from '../../../../tasks/session-message.js';
import { describeFile } from '../../describe-file.js';
import { resultText } from '../../result-text.js';
import { findSignature } from '../../signature.js';
import { toWireCallId } from '../../wire-call-id.js';

type Block = Anthropic.ContentBlockParam;
type UserBlock = Anthropic.TextBlockParam | Anthropic.ImageBlockParam | Anthropic.DocumentBlockParam;
export interface EncodedMessage {
  readonly role: 'user' | 'assistant';
  readonly content: Block[];
}

export function encodeMessages(messages: readonly SessionMessage[], keepsThinking: boolean): EncodedMessage[] {
  const encoded: EncodedMessage[] = [];
  const add = (role: EncodedMessage['role'], content: readonly Block[]) => {
    const last = encoded.at(-1);
    if (content.length === 0) return;
    if (last?.role === role) last.content.push(...content);
    else encoded.push({ role, content: [...content] });
  };
  if (messages[0]?.role === 'agent') add('user', [{ type: 'text', text: '(The conversation began earlier.)' }]);
  for (const message of messages) {
    if (message.role === 'agent') add('assistant', encodeAgentParts(message.parts, keepsThinking));
    else if (message.role === 'tool') add('user', message.parts.filter((part) => part.type === 'tool_result').map(encodeResult));
    else add('user', encodeUserParts(message.parts));
  }
  if (encoded.at(-1)?.role !== 'user') add('user', [{ type: 'text', text: encoded.length === 0 ? '(empty message)' : 'Go on.' }]);
  return encoded;
}

/**
 * Manual thinking wants each turn of the running tool loop to begin with its thinking. One that was made without it,
 * by another model or before thinking was turned on, can only be continued without.
 */
export function canThinkManually(messages: readonly SessionMessage[]): boolean {
  // Words of the user right behind results belong to their message, and the loop goes on.
  const begin = messages.findLastIndex(({ role }, index) => role === 'user' && messages[index - 1]?.role !== 'tool');
  const loop = messages.slice(begin + 1);
  return loop.every((message) => {
    if (message.role !== 'agent' || !message.parts.some((part) => part.type === 'tool_call')) return true;
    const first = encodeAgentParts(message.parts, true)[0];
    return first?.type === 'thinking' || first?.type === 'redacted_thinking';
  });
}

function encodeUserParts(parts: readonly SessionPart[]): readonly Block[] {
  const blocks = parts.flatMap(encodeUserPart);
  return blocks.length === 0 ? [{ type: 'text', text: '(empty message)' }] : blocks;
}

function encodeUserPart(part: SessionPart): readonly UserBlock[] {
  if (part.type === 'text') return encodeText(part.text);
  if (part.type === 'data') return [{ type: 'text', text: JSON.stringify(part.data) }];
  return part.type === 'file' ? encodeFile(part) : [];
}

function encodeFile(part: FilePart): readonly UserBlock[] {
  const file = describeFile(part);
  if (file.type === 'text') return encodeText(file.text);
  if (file.type === 'image') {
    const mediaType = file.mediaType as Anthropic.Base64ImageSource['media_type'];
    return [
      {
        type: 'image',
        source:
          'url' in file.source
            ? { type: 'url', url: file.source.url }
            : { type: 'base64', media_type: mediaType, data: file.source.base64 },
      },
    ];
  }
  return [
    {
      type: 'document',
      title: file.filename,
      source:
        'url' in file.source
          ? { type: 'url', url: file.source.url }
          : { type: 'base64', media_type: 'application/pdf', data: file.source.base64 },
    },
  ];
}

function encodeAgentParts(parts: readonly SessionPart[], keepsThinking: boolean): readonly Block[] {
  return parts.flatMap((part): readonly Block[] => {
    if (part.type === 'text') return encodeText(part.text);
    if (part.type === 'thinking') return keepsThinking ? encodeThinking(part.text, part.signature) : [];
    if (part.type !== 'tool_call') return [];
    // A call without arguments has an empty `input`; without any it is refused (W-60).
    return [{ type: 'tool_use', id: toWireCallId(part.id, CALL_ID), name: part.name, input: part.arguments }];
  });
}

function encodeThinking(text: string, signature: string | undefined): readonly Block[] {
  const [kind, value] = findSignature('anthropic', signature) ?? [];
  if (value === undefined) return [];
  return kind === 'redacted' ? [{ type: 'redacted_thinking', data: value }] : [{ type: 'thinking', thinking: text, signature: value }];
}

function encodeResult(result: ToolResultPart): Block {
  const text = resultText(result);
  const files = (result.files ?? []).flatMap(encodeFile);
  return {
    type: 'tool_result',
    tool_use_id: toWireCallId(result.callId, CALL_ID),
    content: files.length === 0 ? text : [{ type: 'text', text }, ...files],
    ...(result.isError ? { is_error: true } : {}),
  };
}

function encodeText(text: string): readonly Anthropic.TextBlockParam[] {
  return text.trim() === '' ? [] : [{ type: 'text', text }];
}

const CALL_ID = /^[a-zA-Z0-9_-]{1,64}$/;
