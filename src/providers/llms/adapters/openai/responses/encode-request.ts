/** A model request as the Responses API wants it. Nothing is stored there: the session is ours. */
import type { OpenAI } from 'openai';
import type { LlmSettings } from '../../../../../config/settings.js';
import type { SessionMessage, SessionPart } from '../../../../../tasks/session-message.js';
import type { ModelRequest } from '../../../contract.js';
import { describeFile } from '../describe-file.js';
import { isReasoningModel } from '../model-families.js';
import { findReasoningSignature } from '../reasoning-signature.js';

type ResponseBody = OpenAI.Responses.ResponseCreateParamsStreaming;
type InputItem = OpenAI.Responses.ResponseInputItem;

export function encodeResponseRequest(request: ModelRequest, settings: LlmSettings): ResponseBody {
  const isReasoning = isReasoningModel(settings.model);
  const temperature = isReasoning ? undefined : (request.temperature ?? settings.temperature);
  const maxTokens = request.maxTokens ?? settings.maxTokens;
  return {
    model: settings.model,
    ...(request.system === '' ? {} : { instructions: request.system }),
    input: request.messages.flatMap((message) => encodeMessage(message, isReasoning)),
    stream: true,
    store: false,
    ...(isReasoning ? { include: ['reasoning.encrypted_content' as const] } : {}),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { max_output_tokens: maxTokens }),
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

function encodeMessage(message: SessionMessage, isReasoning: boolean): readonly InputItem[] {
  switch (message.role) {
    case 'user':
      return [{ role: 'user', content: message.parts.flatMap(encodeUserPart) }];
    case 'agent':
      return withoutTrailingReasoning(message.parts.flatMap((part) => encodeAgentPart(part, isReasoning)));
    case 'tool':
      return message.parts
        .filter((part) => part.type === 'tool_result')
        .map((part) => ({ type: 'function_call_output' as const, call_id: part.callId, output: part.content }));
  }
}

function encodeAgentPart(part: SessionPart, isReasoning: boolean): readonly InputItem[] {
  if (part.type === 'text') return part.text === '' ? [] : [{ role: 'assistant', content: part.text }];
  if (part.type === 'tool_call')
    return [{ type: 'function_call', call_id: part.id, name: part.name, arguments: JSON.stringify(part.arguments) }];
  if (part.type !== 'thinking' || !isReasoning) return [];
  const signature = findReasoningSignature(part.signature);
  if (signature === undefined) return [];
  const summary = part.text === '' ? [] : [{ type: 'summary_text' as const, text: part.text }];
  return [{ type: 'reasoning', id: signature.id, encrypted_content: signature.encryptedContent, summary }];
}

/** The API refuses a reasoning item that what it led to does not follow. */
function withoutTrailingReasoning(items: readonly InputItem[]): readonly InputItem[] {
  const last = items.findLastIndex((item) => item.type !== 'reasoning');
  return items.slice(0, last + 1);
}

function encodeUserPart(part: SessionPart): readonly OpenAI.Responses.ResponseInputContent[] {
  if (part.type === 'text') return [{ type: 'input_text', text: part.text }];
  if (part.type === 'data') return [{ type: 'input_text', text: JSON.stringify(part.data) }];
  if (part.type !== 'file') return [];
  const file = describeFile(part);
  if (file.type === 'image') return [{ type: 'input_image', image_url: file.url, detail: 'auto' }];
  if (file.type === 'text') return [{ type: 'input_text', text: file.text }];
  if (file.dataUrl === undefined) return [{ type: 'input_file', file_url: file.url ?? '' }];
  return [{ type: 'input_file', filename: file.filename, file_data: file.dataUrl }];
}
