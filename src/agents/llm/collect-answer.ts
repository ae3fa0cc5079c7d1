/** One model call: shows its text at once, returns the whole. */
import { AppError } from '../../base/errors.js';
import type { FinishReason, ModelEvent, ModelUsage } from '../../providers/llms/contract.js';
import type { SessionPart, ToolCallPart } from '../../tasks/session-message.js';
import { createArgumentsLimit } from './limit-arguments.js';

export interface Answer {
  /** Text, thinking and tool calls in the order they came; neighbours of one kind are one part. */
  readonly parts: readonly SessionPart[];
  /** All text, joined. */
  readonly text: string;
  readonly calls: readonly ToolCallPart[];
  readonly reason: FinishReason;
  readonly usage: ModelUsage | undefined;
  /** Key in `llms` of who answered; `undefined`: the one that was asked. */
  readonly llm?: string | undefined;
}

/** Filled while the model speaks, so that a failure in mid-answer knows what was shown. */
export interface ShownText {
  text: string;
}

export interface CollectAnswerOptions {
  readonly shown: ShownText;
  /** `undefined` = no previews. */
  readonly preview: ((text: string) => void) | undefined;
  /** Default: no previews of what is thought. */
  readonly previewThinking?: ((text: string) => void) | undefined;
  /** Makes an id unique in the session; also for calls without one (AGT-06). */
  readonly chooseCallId: (id: string) => string;
  /** `server.limits.max_tool_bytes`: what the arguments of one call may have; those of an answer may have four times as much. */
  readonly maxToolBytes: number;
  /** `server.limits.max_event_bytes`: what the answer may have of text and of thoughts, each; a model may never stop. Default: unlimited. */
  readonly maxEventBytes?: number | undefined;
}

export async function collectAnswer(
  events: AsyncIterable<ModelEvent>,
  { shown, preview, previewThinking, chooseCallId, maxToolBytes, maxEventBytes = Number.POSITIVE_INFINITY }: CollectAnswerOptions,
): Promise<Answer> {
  const parts: SessionPart[] = [];
  const calls: ToolCallPart[] = [];
  const limitArguments = createArgumentsLimit(maxToolBytes);
  let held = '';
  const said = { text: 0, thinking: 0 };
  const count = (type: 'text' | 'thinking', text: string) => {
    said[type] += Buffer.byteLength(text);
    if (said[type] > maxEventBytes) throw endless(`the ${maxEventBytes} bytes that server.limits.max_event_bytes allows`);
  };
  const show = (text: string) => {
    if (text === '') return;
    shown.text += text;
    preview?.(text);
  };
  for await (const event of events) {
    switch (event.type) {
      case 'text': {
        count('text', event.text);
        // Half a surrogate pair cannot be sent on its own; it waits for its other half.
        const text = held + event.text;
        held = /[\ud800-\udbff]$/.test(text) ? text.slice(-1) : '';
        show(held === '' ? text : text.slice(0, -1));
        addText(parts, event.text);
        break;
      }
      case 'thinking':
        count('thinking', event.text);
        count('thinking', event.signature ?? '');
        addThinking(parts, event.text, event.signature);
        if (event.text !== '') previewThinking?.(event.text);
        break;
      case 'tool_call': {
        const call: ToolCallPart = limitArguments({ ...event, id: chooseCallId(event.id) });
        if (calls.length === MAX_CALLS) throw endless(`${MAX_CALLS} tool calls`);
        calls.push(call);
        parts.push(call);
        break;
      }
      case 'finish':
        show(held);
        return { parts, text: shown.text, calls, reason: event.reason, usage: event.usage, llm: event.answeredBy?.llm };
    }
  }
  throw new AppError('LLM_BAD_RESPONSE', { message: 'The model ended its answer without saying so' });
}

/** More than anybody asks for at once; what has no end here would be run. */
const MAX_CALLS = 512;

function endless(most: string): AppError {
  return new AppError('AGENT_RESPONSE_INVALID', { message: `The model did not stop: its answer has more than ${most}` });
}

function addText(parts: SessionPart[], text: string): void {
  if (text === '') return;
  const last = parts.at(-1);
  if (last?.type === 'text') parts[parts.length - 1] = { type: 'text', text: last.text + text };
  else parts.push({ type: 'text', text });
}

/** A signature closes its block; what follows is another (AGT-12). */
function addThinking(parts: SessionPart[], text: string, signature: string | undefined): void {
  const last = parts.at(-1);
  const open = last?.type === 'thinking' && last.signature === undefined ? last : undefined;
  const part: SessionPart = { type: 'thinking', text: (open?.text ?? '') + text, ...(signature === undefined ? {} : { signature }) };
  if (open === undefined) parts.push(part);
  else parts[parts.length - 1] = part;
}
