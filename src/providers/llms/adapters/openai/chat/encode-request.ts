/** A model request as Chat Completions wants it. */
import type { OpenAI } from 'openai';
import type { LlmSettings } from '../../../../../config/settings.js';
import { type SessionMessage, type SessionPart, textOf } from '../../../../../tasks/session-message.js';
import type { ModelRequest } from '../../../contract.js';
import { describeFile } from '../describe-file.js';
import { isReasoningModel } from '../model-families.js';

type ChatBody = OpenAI.ChatCompletionCreateParamsStreaming;
type ChatMessage = OpenAI.ChatCompletionMessageParam;

/** `isOfficial` = OpenAI itself, which has renamed `max_tokens`; other servers know the old name. */
export function encodeChatRequest(request: ModelRequest, settings: LlmSettings, isOfficial: boolean): ChatBody {
  const isReasoning = isReasoningModel(settings.model);
  const temperature = isReasoning ? undefined : (request.temperature ?? settings.temperature);
  const maxTokens = request.maxTokens ?? settings.maxTokens;
  return {
    model: settings.model,
    messages: [
      ...(request.system === '' ? [] : [{ role: 'system' as const, content: request.system }]),
      ...request.messages.flatMap(encodeMessage),
    ],
    stream: true,
    stream_options: { include_usage: true },
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : isOfficial || isReasoning ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens }),
    ...(request.tools.length === 0
      ? {}
      : {
          tools: request.tools.map(({ name, description, parameters }) => ({
            type: 'function' as const,
            function: { name, description, parameters: parameters as Record<string, unknown> },
          })),
        }),
  };
}

function encodeMessage(message: SessionMessage): readonly ChatMessage[] {
  switch (message.role) {
    case 'user':
      return [{ role: 'user', content: encodeUserContent(message.parts) }];
    case 'agent':
      return encodeAgentMessage(message);
    case 'tool':
      return message.parts
        .filter((part) => part.type === 'tool_result')
        .map((part) => ({ role: 'tool' as const, tool_call_id: part.callId, content: part.content }));
  }
}

/** Thinking is left out: this API takes none back. */
function encodeAgentMessage(message: SessionMessage): readonly ChatMessage[] {
  const text = textOf(message);
  const calls = message.parts.filter((part) => part.type === 'tool_call');
  if (text === '' && calls.length === 0) return [];
  return [
    {
      role: 'assistant',
      content: text === '' ? null : text,
      ...(calls.length === 0
        ? {}
        : {
            tool_calls: calls.map((call) => ({
              id: call.id,
              type: 'function' as const,
              function: { name: call.name, arguments: JSON.stringify(call.arguments) },
            })),
          }),
    },
  ];
}

/** Plain text stays a plain string: the oldest servers know nothing else. */
function encodeUserContent(parts: readonly SessionPart[]): string | OpenAI.ChatCompletionContentPart[] {
  const content = parts.flatMap(encodeUserPart);
  return content.every((part) => part.type === 'text') ? content.map((part) => part.text).join('\n') : content;
}

function encodeUserPart(part: SessionPart): readonly OpenAI.ChatCompletionContentPart[] {
  if (part.type === 'text') return [{ type: 'text', text: part.text }];
  if (part.type === 'data') return [{ type: 'text', text: JSON.stringify(part.data) }];
  if (part.type !== 'file') return [];
  const file = describeFile(part);
  if (file.type === 'image') return [{ type: 'image_url', image_url: { url: file.url } }];
  if (file.type === 'text') return [{ type: 'text', text: file.text }];
  if (file.dataUrl === undefined) return [{ type: 'text', text: `[attached file ${file.filename} at ${file.url ?? ''}]` }];
  return [{ type: 'file', file: { filename: file.filename, file_data: file.dataUrl } }];
}
