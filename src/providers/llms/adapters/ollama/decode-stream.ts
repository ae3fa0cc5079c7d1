/** Lines of `/api/chat` → model events. */
import type { ChatResponse } from 'ollama/browser';
import { isJsonObject, type JsonObject } from '../../../../base/json.js';
import type { ModelEvent, ModelUsage } from '../../contract.js';
import { streamEnded } from '../../map-failure.js';
import { toToolCallEvent } from '../../tool-call-event.js';

export async function* decodeChatLines(lines: AsyncIterable<ChatResponse>): AsyncGenerator<ModelEvent, void, undefined> {
  let last: ChatResponse | undefined;
  let calledTools = false;
  for await (const line of lines) {
    const { message } = line;
    if (message?.thinking) yield { type: 'thinking', text: message.thinking };
    if (message?.content) yield { type: 'text', text: message.content };
    for (const call of message?.tool_calls ?? []) {
      calledTools = true;
      yield decodeCall(call);
    }
    if (line.done) last = line;
  }
  if (last === undefined) throw streamEnded();
  const reason = last.done_reason === 'length' ? 'length' : calledTools ? 'tool_calls' : 'stop';
  yield { type: 'finish', reason, usage: mapUsage(last) };
}

/** Its ids count from 0 in every answer, so none is passed on: whoever keeps the session gives a unique one (AGT-06, W-63). */
function decodeCall({
  function: { name, arguments: given },
}: {
  readonly function: { readonly name: string; readonly arguments: unknown };
}): ModelEvent {
  if (isJsonObject(given)) return { type: 'tool_call', id: '', name, arguments: given as JsonObject };
  return toToolCallEvent({ id: '', name, arguments: typeof given === 'string' ? given : JSON.stringify(given ?? {}) });
}

/** LLM-06. The count of a prompt that was kept from before is left out. */
function mapUsage({ prompt_eval_count, eval_count }: Partial<ChatResponse>): ModelUsage {
  return { inputTokens: prompt_eval_count ?? 0, outputTokens: eval_count ?? 0 };
}
