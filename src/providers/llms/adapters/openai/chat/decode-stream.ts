/** Chunks of Chat Completions → model events. */
import type { OpenAI } from 'openai';
import type { ModelEvent, ModelUsage } from '../../../contract.js';
import { streamEnded } from '../../../map-failure.js';
import { toToolCallEvent } from '../../../tool-call-event.js';
import { mapChatFinishReason } from './map-finish-reason.js';
import { mapChatUsage } from './map-usage.js';

type Chunk = OpenAI.ChatCompletionChunk;
type CallDelta = NonNullable<Chunk['choices'][number]['delta']['tool_calls']>[number];

interface OpenCall {
  readonly index: number;
  id: string;
  name: string;
  arguments: string;
}

export async function* decodeChatStream(chunks: AsyncIterable<Chunk>): AsyncGenerator<ModelEvent, void, undefined> {
  const calls: OpenCall[] = [];
  let finish: string | undefined;
  let refused = false;
  let usage: ModelUsage | undefined;
  for await (const chunk of chunks) {
    if (chunk.usage) usage = mapChatUsage(chunk.usage);
    const choice = chunk.choices?.[0];
    if (choice === undefined) continue;
    const delta = choice.delta ?? {};
    const thinking = findThinking(delta);
    if (thinking) yield { type: 'thinking', text: thinking };
    if (delta.content) yield { type: 'text', text: delta.content };
    if (delta.refusal) {
      refused = true;
      yield { type: 'text', text: delta.refusal };
    }
    for (const call of delta.tool_calls ?? []) addCallDelta(calls, call);
    if (choice.finish_reason) finish = choice.finish_reason;
  }
  if (finish === undefined) throw streamEnded();
  for (const call of calls) yield toToolCallEvent(call);
  const reason = refused ? 'content_filter' : mapChatFinishReason(finish, calls.length > 0);
  yield { type: 'finish', reason, ...(usage === undefined ? {} : { usage }) };
}

/**
 * Extends the call at the delta's index. Some servers number every call 0 and send each one whole: another id at
 * the same index is another call.
 */
function addCallDelta(calls: OpenCall[], delta: CallDelta): void {
  const index = delta.index ?? 0;
  let open = calls.findLast((call) => call.index === index);
  if (open === undefined || (delta.id && open.id !== '' && delta.id !== open.id)) {
    open = { index, id: '', name: '', arguments: '' };
    calls.push(open);
  }
  if (delta.id) open.id = delta.id;
  if (delta.function?.name) open.name = delta.function.name;
  open.arguments += delta.function?.arguments ?? '';
}

/** Not in OpenAI's own API; DeepSeek, vLLM and routers send reasoning under one of these names. */
function findThinking(delta: object): string | undefined {
  const { reasoning_content, reasoning } = delta as { readonly reasoning_content?: unknown; readonly reasoning?: unknown };
  const text = reasoning_content ?? reasoning;
  return typeof text === 'string' ? text : undefined;
}
