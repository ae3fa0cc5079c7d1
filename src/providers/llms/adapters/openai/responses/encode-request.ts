/** A model request as the Responses API wants it. Nothing is stored there: the session is ours. */
import type { OpenAI } from 'openai';
import type { SessionMessage, SessionPart, ToolResultPart } from '../../../../../tasks/session-message.js';
import type { ModelRequest } from '../../../contract.js';
import { describeFile, toDataUrl } from '../../../describe-file.js';
import { withOutputWords } from '../../../output-words.js';
import { resultText } from '../../../result-text.js';
import { findSignature } from '../../../signature.js';
import { toThinkingEffort } from '../../../thinking-effort.js';
import { toWireCallId } from '../../../wire-call-id.js';
import { toJsonSchemaFormat } from '../output-schema.js';
import type { OpenAiTarget } from '../target.js';

type ResponseBody = OpenAI.Responses.ResponseCreateParamsStreaming;
type InputItem = OpenAI.Responses.ResponseInputItem;

export function encodeResponseRequest(request: ModelRequest, target: OpenAiTarget): ResponseBody {
  const { settings, isReasoning, refused } = target;
  const system = withOutputWords(request.system, refused.has('output') ? request.output : undefined);
  const keepsReasoning = isReasoning && !refused.has('include');
  return {
    model: settings.model,
    ...(system === '' ? {} : { instructions: system }),
    input: request.messages.flatMap((message) => encodeMessage(message, keepsReasoning)),
    stream: true,
    store: false,
    ...(keepsReasoning ? { include: ['reasoning.encrypted_content' as const] } : {}),
    ...encodeSettings(request, target),
    ...(request.output === undefined || refused.has('output')
      ? {}
      : { text: { format: { type: 'json_schema' as const, ...toJsonSchemaFormat(request.output) } } }),
    ...(request.tools.length === 0
      ? {}
      : {
          tools: request.tools.map(({ name, description, parameters }) => ({
            type: 'function' as const,
            name,
            description,
            parameters: parameters as Record<string, unknown>,
            strict: false,
          })),
        }),
  };
}

function encodeSettings(request: ModelRequest, { settings, isReasoning, refused }: OpenAiTarget): Partial<ResponseBody> {
  const temperature = isReasoning || refused.has('temperature') ? undefined : (request.temperature ?? settings.temperature);
  const maxTokens = request.maxTokens ?? settings.maxTokens;
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { max_output_tokens: maxTokens }),
    ...(settings.thinking?.enabled !== true || refused.has('reasoning')
      ? {}
      : { reasoning: { effort: toThinkingEffort(settings.thinking.budgetTokens), summary: 'auto' as const } }),
  };
}

function encodeMessage(message: SessionMessage, keepsReasoning: boolean): readonly InputItem[] {
  switch (message.role) {
    case 'user':
      return [{ role: 'user', content: message.parts.flatMap(encodeUserPart) }];
    case 'agent':
      return withoutTrailingReasoning(message.parts.flatMap((part) => encodeAgentPart(part, keepsReasoning)));
    case 'tool':
      return message.parts.filter((part) => part.type === 'tool_result').map(encodeResult);
  }
}

function encodeAgentPart(part: SessionPart, keepsReasoning: boolean): readonly InputItem[] {
  if (part.type === 'text') return part.text === '' ? [] : [{ role: 'assistant', content: part.text }];
  if (part.type === 'tool_call') {
    const call_id = toWireCallId(part.id, CALL_ID);
    return [{ type: 'function_call', call_id, name: part.name, arguments: JSON.stringify(part.arguments) }];
  }
  if (part.type !== 'thinking' || !keepsReasoning) return [];
  const [id, encrypted_content] = findSignature('openai', part.signature) ?? [];
  if (id === undefined || encrypted_content === undefined) return [];
  const summary = part.text === '' ? [] : [{ type: 'summary_text' as const, text: part.text }];
  return [{ type: 'reasoning', id, encrypted_content, summary }];
}

function encodeResult(result: ToolResultPart): InputItem {
  const files = (result.files ?? []).flatMap(encodeUserPart);
  const text = resultText(result);
  const output = files.length === 0 ? text : [{ type: 'input_text' as const, text }, ...files];
  return { type: 'function_call_output', call_id: toWireCallId(result.callId, CALL_ID), output };
}

/** The API refuses a reasoning item that what it led to does not follow. */
function withoutTrailingReasoning(items: readonly InputItem[]): readonly InputItem[] {
  const last = items.findLastIndex((item) => item.type !== 'reasoning');
  return items.slice(0, last + 1);
}

function encodeUserPart(part: SessionPart): readonly UserContent[] {
  if (part.type === 'text') return [{ type: 'input_text', text: part.text }];
  if (part.type === 'data') return [{ type: 'input_text', text: JSON.stringify(part.data) }];
  if (part.type !== 'file') return [];
  const file = describeFile(part);
  if (file.type === 'text') return [{ type: 'input_text', text: file.text }];
  if (file.type === 'image') return [{ type: 'input_image', image_url: toDataUrl(file.mediaType, file.source), detail: 'auto' }];
  if ('url' in file.source) return [{ type: 'input_file', file_url: file.source.url }];
  return [{ type: 'input_file', filename: file.filename, file_data: toDataUrl(file.mediaType, file.source) }];
}

type UserContent = OpenAI.Responses.ResponseInputText | OpenAI.Responses.ResponseInputImage | OpenAI.Responses.ResponseInputFile;

/** OpenAI takes at most 64 characters. */
const CALL_ID = /^.{1,64}$/;
