/** What the Messages API sends. Literals, not imports from `src/`. */
import type { PeerCall, PeerReply, StreamItem } from './provider-peer.js';

export function anthropicError(status: number, type: string, message: string, headers: Record<string, string> = {}): PeerReply {
  return { type: 'status', status, headers, body: { type: 'error', error: { type, message }, request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy' } };
}

export function messageStart(): readonly StreamItem[] {
  return [
    {
      data: {
        type: 'message_start',
        message: {
          id: 'msg_014p7gG3wDgGV9EUtLvnow3U',
          type: 'message',
          role: 'assistant',
          model: 'claude-haiku-4-5-20251001',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: {
            input_tokens: 20,
            cache_creation_input_tokens: 7,
            cache_read_input_tokens: 4,
            output_tokens: 1,
            service_tier: 'standard',
          },
        },
      },
    },
    { data: { type: 'ping' } },
  ];
}

export function messageEnd(reason: string): readonly StreamItem[] {
  return [
    {
      data: {
        type: 'message_delta',
        delta: { stop_reason: reason, stop_sequence: null },
        usage: { output_tokens: 7, output_tokens_details: { thinking_tokens: 2 } },
      },
    },
    { data: { type: 'message_stop' } },
  ];
}

export function textBlock(index: number, pieces: readonly string[]): readonly StreamItem[] {
  return [
    { data: { type: 'content_block_start', index, content_block: { type: 'text', text: '' } } },
    ...pieces.map((text) => ({ data: { type: 'content_block_delta', index, delta: { type: 'text_delta', text } } })),
    { data: { type: 'content_block_stop', index } },
  ];
}

export function thinkingBlock(index: number, pieces: readonly string[], signature: string): readonly StreamItem[] {
  return [
    { data: { type: 'content_block_start', index, content_block: { type: 'thinking', thinking: '', signature: '' } } },
    ...pieces.map((thinking) => ({ data: { type: 'content_block_delta', index, delta: { type: 'thinking_delta', thinking } } })),
    { data: { type: 'content_block_delta', index, delta: { type: 'signature_delta', signature } } },
    { data: { type: 'content_block_stop', index } },
  ];
}

export function redactedBlock(index: number, data: string): readonly StreamItem[] {
  return [
    { data: { type: 'content_block_start', index, content_block: { type: 'redacted_thinking', data } } },
    { data: { type: 'content_block_stop', index } },
  ];
}

export function toolBlocks(first: number, calls: readonly PeerCall[]): readonly StreamItem[] {
  return calls.flatMap(({ id, name, pieces }, offset) => {
    const index = first + offset;
    return [
      { data: { type: 'content_block_start', index, content_block: { type: 'tool_use', id, name, input: {} } } },
      ...pieces.map((partial_json) => ({
        data: { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json } },
      })),
      { data: { type: 'content_block_stop', index } },
    ];
  });
}
