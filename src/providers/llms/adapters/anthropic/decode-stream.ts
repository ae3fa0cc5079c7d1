/** Events of the Messages API → model events. Unknown events and blocks are passed over: the API grows. */
import type { Anthropic } from '@anthropic-ai/sdk';
import type { ModelEvent } from '../../contract.js';
import { streamEnded } from '../../map-failure.js';
import { writeSignature } from '../../signature.js';
import { toToolCallEvent } from '../../tool-call-event.js';
import { mapAnthropicFinishReason } from './map-finish-reason.js';
import { mapAnthropicUsage } from './map-usage.js';

type StreamEvent = Anthropic.RawMessageStreamEvent;

/** A content block that is open. */
interface OpenBlock {
  readonly start: Anthropic.RawContentBlockStartEvent['content_block'];
  json: string;
  signature: string;
}

export async function* decodeMessageStream(events: AsyncIterable<StreamEvent>): AsyncGenerator<ModelEvent, void, undefined> {
  const blocks = new Map<number, OpenBlock>();
  let startUsage: Anthropic.Usage | undefined;
  let endUsage: Anthropic.MessageDeltaUsage | undefined;
  let reason: string | undefined;
  let calledTools = false;
  let ended = false;
  for await (const event of events) {
    switch (event.type) {
      case 'message_start':
        startUsage = event.message.usage;
        break;
      case 'content_block_start': {
        const block = { start: event.content_block, json: '', signature: '' };
        blocks.set(event.index, block);
        yield* startBlock(block);
        break;
      }
      case 'content_block_delta': {
        const block = blocks.get(event.index);
        if (block !== undefined) yield* extendBlock(block, event.delta);
        break;
      }
      case 'content_block_stop': {
        const block = blocks.get(event.index);
        blocks.delete(event.index);
        if (block?.start.type === 'tool_use') calledTools = true;
        if (block !== undefined) yield* endBlock(block);
        break;
      }
      case 'message_delta':
        endUsage = event.usage ?? endUsage;
        reason = event.delta.stop_reason ?? reason;
        break;
      case 'message_stop':
        ended = true;
        break;
    }
  }
  if (!ended || reason === undefined) throw streamEnded();
  const usage = mapAnthropicUsage(startUsage, endUsage);
  yield { type: 'finish', reason: mapAnthropicFinishReason(reason, calledTools), ...(usage === undefined ? {} : { usage }) };
}

function* startBlock({ start }: OpenBlock): Generator<ModelEvent> {
  if (start.type === 'text' && start.text !== '') yield { type: 'text', text: start.text };
  if (start.type === 'thinking' && start.thinking !== '') yield { type: 'thinking', text: start.thinking };
  if (start.type === 'redacted_thinking')
    yield { type: 'thinking', text: '', signature: writeSignature('anthropic', ['redacted', start.data]) };
}

function* extendBlock(block: OpenBlock, delta: Anthropic.RawContentBlockDelta): Generator<ModelEvent> {
  if (delta.type === 'text_delta' && delta.text !== '') yield { type: 'text', text: delta.text };
  if (delta.type === 'thinking_delta' && delta.thinking !== '') yield { type: 'thinking', text: delta.thinking };
  if (delta.type === 'input_json_delta') block.json += delta.partial_json;
  if (delta.type === 'signature_delta') block.signature += delta.signature;
}

function* endBlock({ start, json, signature }: OpenBlock): Generator<ModelEvent> {
  if (start.type === 'thinking') {
    const whole = signature === '' ? start.signature : signature;
    if (whole) yield { type: 'thinking', text: '', signature: writeSignature('anthropic', ['thinking', whole]) };
  }
  if (start.type === 'tool_use') {
    // Without deltas the block was whole from the start, which for a call without arguments is `{}`.
    yield toToolCallEvent({ id: start.id, name: start.name, arguments: json === '' ? JSON.stringify(start.input ?? {}) : json });
  }
}
