/** A model request as `/api/chat` wants it (LLM-40). */
import type { ChatRequest, Message, Tool } from 'ollama/browser';
import type { LlmSettings } from '../../../../config/settings.js';
import type { FilePart, SessionMessage, SessionPart, ToolResultPart } from '../../../../tasks/session-message.js';
import type { ModelRequest } from '../../contract.js';
import { describeFile, describeUnreadable } from '../../describe-file.js';
import { withOutputWords } from '../../output-words.js';
import { resultText } from '../../result-text.js';
import { toThinkingEffort } from '../../thinking-effort.js';

export function encodeOllamaRequest(request: ModelRequest, settings: LlmSettings): ChatRequest & { stream: true } {
  // A format holds for all of the answer, so with one the model could call no tool.
  const hasFormat = request.output !== undefined && request.tools.length === 0;
  const system = withOutputWords(request.system, hasFormat ? undefined : request.output);
  return {
    model: settings.model,
    messages: [...(system === '' ? [] : [{ role: 'system', content: system }]), ...request.messages.flatMap(encodeMessage)],
    stream: true,
    keep_alive: settings.ollama.keepAlive === '-1' ? -1 : settings.ollama.keepAlive,
    options: encodeOptions(request, settings),
    ...(settings.thinking === undefined ? {} : { think: chooseThinking(settings) }),
    ...(hasFormat ? { format: request.output?.schema as object } : {}),
    ...(request.tools.length === 0
      ? {}
      : {
          tools: request.tools.map(({ name, description, parameters }) => ({
            type: 'function',
            function: { name, description, parameters: parameters as NonNullable<Tool['function']['parameters']> },
          })),
        }),
  };
}

function encodeOptions(request: ModelRequest, { temperature, maxTokens, ollama }: LlmSettings): NonNullable<ChatRequest['options']> {
  const given = {
    temperature: request.temperature ?? temperature,
    num_predict: request.maxTokens ?? maxTokens,
    top_p: ollama.topP,
    top_k: ollama.topK,
    num_ctx: ollama.numCtx,
    seed: ollama.seed,
    stop: ollama.stop.length === 0 ? undefined : [...ollama.stop],
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** gpt-oss knows efforts and cannot stop; others are told yes or no. */
function chooseThinking({ model, thinking }: LlmSettings): boolean | 'low' | 'medium' | 'high' {
  if (thinking?.enabled !== true) return false;
  return /(^|\/)gpt-oss/.test(model) ? toThinkingEffort(thinking.budgetTokens) : true;
}

function encodeMessage(message: SessionMessage): readonly Message[] {
  switch (message.role) {
    case 'user':
      return [encodeUserMessage(message.parts)];
    case 'agent':
      return encodeAgentMessage(message.parts);
    case 'tool':
      return encodeResults(message.parts.filter((part) => part.type === 'tool_result'));
  }
}

function encodeUserMessage(parts: readonly SessionPart[]): Message {
  const images: string[] = [];
  const texts = parts.flatMap((part) => {
    if (part.type === 'text') return [part.text];
    if (part.type === 'data') return [JSON.stringify(part.data)];
    if (part.type !== 'file') return [];
    const file = readFile(part);
    if (typeof file === 'string') return [file];
    images.push(file.base64);
    return [];
  });
  return { role: 'user', content: texts.join('\n'), ...(images.length === 0 ? {} : { images }) };
}

/** Images come inline only; PDFs and addresses are named. */
function readFile(part: FilePart): string | { readonly base64: string } {
  const file = describeFile(part);
  if (file.type === 'text') return file.text;
  if (file.type === 'image' && 'base64' in file.source) return file.source;
  return describeUnreadable(file.filename, file.mediaType, file.source);
}

function encodeAgentMessage(parts: readonly SessionPart[]): readonly Message[] {
  const join = (type: 'text' | 'thinking') => parts.map((part) => (part.type === type ? part.text : '')).join('');
  const thinking = join('thinking');
  const content = join('text');
  const calls = parts.filter((part) => part.type === 'tool_call');
  if (content === '' && calls.length === 0) return [];
  return [
    {
      role: 'assistant',
      content,
      ...(thinking === '' ? {} : { thinking }),
      ...(calls.length === 0
        ? {}
        : { tool_calls: calls.map((call) => ({ function: { name: call.name, arguments: { ...call.arguments } } })) }),
    },
  ];
}

function encodeResults(results: readonly ToolResultPart[]): readonly Message[] {
  const files = results.flatMap((result) => result.files ?? []);
  return [
    ...results.map((result) => ({ role: 'tool', tool_name: result.name, content: resultText(result) })),
    ...(files.length === 0 ? [] : [encodeUserMessage([{ type: 'text', text: 'Files of the tool results:' }, ...files])]),
  ];
}
