/** Chunks of `streamGenerateContent` → model events. */
import type { GenerateContentResponse, Part } from '@google/genai';
import type { ModelEvent, ModelUsage } from '../../contract.js';
import { StreamFailure, streamEnded } from '../../map-failure.js';
import { writeSignature } from '../../signature.js';
import { mapGeminiFinishReason } from './map-finish-reason.js';
import { mapGeminiUsage } from './map-usage.js';

export async function* decodeContentStream(
  chunks: AsyncIterable<GenerateContentResponse>,
  model: string,
): AsyncGenerator<ModelEvent, void, undefined> {
  let usage: ModelUsage | undefined;
  let reason: string | undefined;
  let calledTools = false;
  for await (const chunk of chunks) {
    if (chunk.usageMetadata !== undefined) usage = mapGeminiUsage(chunk.usageMetadata);
    const candidate = chunk.candidates?.[0];
    for (const part of candidate?.content?.parts ?? []) {
      if (part.functionCall !== undefined) calledTools = true;
      yield* decodePart(part, model);
    }
    // A refused prompt has no candidate.
    reason = candidate?.finishReason ?? chunk.promptFeedback?.blockReason ?? reason;
  }
  if (reason === undefined) throw streamEnded();
  const finish = mapGeminiFinishReason(reason, calledTools);
  if (finish === undefined)
    throw new StreamFailure({ code: reason, kind: 'bad_response', message: `the model ended its answer with ${reason}` });
  yield { type: 'finish', reason: finish, ...(usage === undefined ? {} : { usage }) };
}

/** A signature belongs to the part that it came with (LLM-30): before a call, or after a piece of text. */
function* decodePart(part: Part, model: string): Generator<ModelEvent> {
  const { functionCall: call, text, thought, thoughtSignature } = part;
  const sign = (place: string): ModelEvent => ({
    type: 'thinking',
    text: '',
    signature: writeSignature('gemini', [place, thoughtSignature ?? '', model]),
  });
  if (call !== undefined) {
    if (thoughtSignature !== undefined) yield sign('call');
    yield {
      type: 'tool_call',
      id: call.id ?? '',
      name: call.name ?? '',
      arguments: (call.args ?? {}) as Extract<ModelEvent, { type: 'tool_call' }>['arguments'],
    };
    return;
  }
  if (text !== undefined && text !== '') yield thought === true ? { type: 'thinking', text } : { type: 'text', text };
  if (thoughtSignature !== undefined) yield sign('text');
}
