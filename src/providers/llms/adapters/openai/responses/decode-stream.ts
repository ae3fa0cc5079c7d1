/** Events of the Responses API → model events. Unknown events are passed over: the API grows. */
import type { OpenAI } from 'openai';
import type { ModelEvent } from '../../../contract.js';
import { streamEnded } from '../../../map-failure.js';
import { writeSignature } from '../../../signature.js';
import { toToolCallEvent } from '../../../tool-call-event.js';
import { openAiStreamFailure } from '../errors.js';
import { mapResponseFinishReason } from './map-finish-reason.js';
import { mapResponseUsage } from './map-usage.js';

type StreamEvent = OpenAI.Responses.ResponseStreamEvent;

export async function* decodeResponseStream(events: AsyncIterable<StreamEvent>): AsyncGenerator<ModelEvent, void, undefined> {
  const seen = { refused: false, calledTools: false };
  // Held back until the stream has ended, so that its connection can be used again.
  let finish: ModelEvent | undefined;
  for await (const event of events) {
    switch (event.type) {
      case 'response.output_text.delta':
        if (event.delta !== '') yield { type: 'text', text: event.delta };
        break;
      case 'response.refusal.delta':
        seen.refused = true;
        if (event.delta !== '') yield { type: 'text', text: event.delta };
        break;
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        if (event.delta !== '') yield { type: 'thinking', text: event.delta };
        break;
      case 'response.output_item.done': {
        if (event.item.type === 'function_call') {
          seen.calledTools = true;
          yield toToolCallEvent({ id: event.item.call_id ?? '', name: event.item.name, arguments: event.item.arguments ?? '' });
        } else if (event.item.type === 'reasoning' && event.item.encrypted_content) {
          // Closes the thinking that its deltas have shown.
          const signature = writeSignature('openai', [event.item.id, event.item.encrypted_content]);
          yield { type: 'thinking', text: '', signature };
        }
        break;
      }
      case 'response.completed':
      case 'response.incomplete': {
        const usage = event.response.usage ? { usage: mapResponseUsage(event.response.usage) } : {};
        finish = { type: 'finish', reason: mapResponseFinishReason(event.response, seen), ...usage };
        break;
      }
      case 'response.failed':
        throw openAiStreamFailure(event.response.error?.code ?? 'server_error', event.response.error?.message ?? 'the response failed');
      case 'error':
        throw openAiStreamFailure(event.code ?? 'server_error', event.message);
    }
  }
  if (finish === undefined) throw streamEnded();
  yield finish;
}
