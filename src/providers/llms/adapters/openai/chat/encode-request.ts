/** A model request as Chat Completions wants it. */
import type { OpenAI } from 'openai';
import { type SessionMessage, type SessionPart, type ToolResultPart, textOf } from '../../../../../tasks/session-message.js';
import type { ModelRequest } from '../../../contract.js';
import { describeFile, toDataUrl } from '../../../describe-file.js';
import { withOutputWords } from '../../../output-words.js';
import { resultText } from '../../../result-text.js';
import { toThinkingEffort } from '../../../thinking-effort.js';
import { toWireCallId } from '../../../wire-call-id.js';
import { toJsonSchemaFormat } from '../output-schema.js';
import type { OpenAiTarget } from '../target.js';

type ChatBody = OpenAI.ChatCompletionCreateParamsStreaming;
type ChatMessage = OpenAI.ChatCompletionMessageParam;

export function encodeChatRequest(request: ModelRequest, target: OpenAiTarget): ChatBody {
  const { settings, refused } = target;
  const system = withOutputWords(request.system, refused.has('output') ? request.output : undefined);
  return {
    model: settings.model,
    messages: [...(system === '' ? [] : [{ role: 'system' as const, content: system }]), ...request.messages.flatMap(encodeMessage)],
    stream: true,
    ...(refused.has('stream_options') ? {} : { stream_options: { include_usage: true } }),
    ...encodeSettings(request, target),
    ...(request.output === undefined || refused.has('output')
      ? {}
      : { response_format: { type: 'json_schema' as const, json_schema: toJsonSchemaFormat(request.output) } }),
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

function encodeSettings(request: ModelRequest, { settings, isOfficial, isReasoning, refused }: OpenAiTarget): Partial<ChatBody> {
  const temperature = isReasoning || refused.has('temperature') ? undefined : (request.temperature ?? settings.temperature);
  const maxTokens = request.maxTokens ?? settings.maxTokens;
  const limit = isOfficial || isReasoning || refused.has('max_tokens') ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens };
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : limit),
    ...(settings.thinking?.enabled !== true || refused.has('reasoning')
      ? {}
      : { reasoning_effort: toThinkingEffort(settings.thinking.budgetTokens) }),
  };
}

function encodeMessage(message: SessionMessage): readonly ChatMessage[] {
  switch (message.role) {
    case 'user':
      return [{ role: 'user', content: encodeUserContent(message.parts) }];
    case 'agent':
      return encodeAgentMessage(message);
    case 'tool':
      return encodeResults(message.parts.filter((part) => part.type === 'tool_result'));
  }
}

/** Results are text here; their files follow as if the user had shown them, after the last result. */
function encodeResults(results: readonly ToolResultPart[]): readonly ChatMessage[] {
  const files = results.flatMap((result) => result.files ?? []);
  return [
    ...results.map((result) => ({
      role: 'tool' as const,
      tool_call_id: toWireCallId(result.callId, CALL_ID),
      content: resultText(result),
    })),
    ...(files.length === 0
      ? []
      : [{ role: 'user' as const, content: encodeUserContent([{ type: 'text', text: 'Files of the tool results:' }, ...files]) }]),
  ];
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
              id: toWireCallId(call.id, CALL_ID),
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
  if (file.type === 'text') return [{ type: 'text', text: file.text }];
  if (file.type === 'image') return [{ type: 'image_url', image_url: { url: toDataUrl(file.mediaType, file.source) } }];
  if ('url' in file.source) return [{ type: 'text', text: `[attached file ${file.filename} at ${file.source.url}]` }];
  return [{ type: 'file', file: { filename: file.filename, file_data: toDataUrl(file.mediaType, file.source) } }];
}

/** OpenAI takes at most 40 characters. */
const CALL_ID = /^.{1,40}$/;
