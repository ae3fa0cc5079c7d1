/** What OpenAI sends, in the shapes its two APIs were seen to send them. Literals, not imports from `src/`. */

import type { PeerCall, PeerReply, StreamItem } from './provider-peer.js';

export type { PeerCall, PeerReply, StreamItem } from './provider-peer.js';

export const USAGE = { input: 31, output: 7, cached: 4, reasoning: 2 } as const;

export function errorReply(
  status: number,
  error: { message: string; type?: string; code?: string | null; param?: string | null },
  headers: Record<string, string> = {},
): PeerReply {
  return { type: 'status', status, headers, body: { error: { type: 'invalid_request_error', param: null, code: null, ...error } } };
}

// Chat Completions

const chatChunk = (choices: readonly unknown[], extra: object = {}): StreamItem => ({
  data: {
    id: 'chatcmpl-Af1',
    object: 'chat.completion.chunk',
    created: 1_733_162_255,
    model: 'gpt-4o-mini-2024-07-18',
    system_fingerprint: 'fp_0705bf87c0',
    choices,
    usage: null,
    ...extra,
  },
});
const chatDelta = (delta: object, finish_reason: string | null = null): StreamItem =>
  chatChunk([{ index: 0, delta, logprobs: null, finish_reason }]);

/** The end of every complete stream: finish reason, usage in a chunk without choices, `[DONE]`. */
export function chatEnd(finishReason: string): readonly StreamItem[] {
  return [
    chatDelta({}, finishReason),
    chatChunk([], {
      usage: {
        prompt_tokens: USAGE.input,
        completion_tokens: USAGE.output,
        total_tokens: USAGE.input + USAGE.output,
        prompt_tokens_details: { cached_tokens: USAGE.cached, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: USAGE.reasoning,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
    }),
    { data: '[DONE]' },
  ];
}

export function chatText(pieces: readonly string[]): readonly StreamItem[] {
  return [chatDelta({ role: 'assistant', content: '', refusal: null }), ...pieces.map((content) => chatDelta({ content }))];
}

/** As DeepSeek, vLLM and routers send it. */
export function chatReasoning(pieces: readonly string[]): readonly StreamItem[] {
  return pieces.map((reasoning_content) => chatDelta({ reasoning_content }));
}

export function chatRefusal(pieces: readonly string[]): readonly StreamItem[] {
  return [chatDelta({ role: 'assistant', content: null, refusal: '' }), ...pieces.map((refusal) => chatDelta({ refusal }))];
}

/** Deltas of parallel calls come interleaved: all heads, then the pieces in turn. */
export function chatCalls(calls: readonly PeerCall[]): readonly StreamItem[] {
  const heads = calls.map(({ id, name }, index) =>
    chatDelta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
  );
  const longest = Math.max(...calls.map(({ pieces }) => pieces.length));
  const pieces = Array.from({ length: longest }, (_, turn) =>
    calls.flatMap((call, index) =>
      call.pieces[turn] === undefined ? [] : [chatDelta({ tool_calls: [{ index, function: { arguments: call.pieces[turn] } }] })],
    ),
  ).flat();
  return [chatDelta({ role: 'assistant', content: null }), ...heads, ...pieces];
}

// Responses

let sequence = 0;
const responseEvent = (type: string, fields: object): StreamItem => ({ data: { type, sequence_number: sequence++, ...fields } });
const responseObject = (status: string, fields: object = {}) => ({
  id: 'resp_67c9',
  object: 'response',
  created_at: 1_741_290_958,
  status,
  error: null,
  incomplete_details: null,
  model: 'gpt-4.1-2025-04-14',
  output: [],
  usage: null,
  ...fields,
});
const RESPONSE_USAGE = {
  input_tokens: USAGE.input,
  input_tokens_details: { cached_tokens: USAGE.cached },
  output_tokens: USAGE.output,
  output_tokens_details: { reasoning_tokens: USAGE.reasoning },
  total_tokens: USAGE.input + USAGE.output,
};

export function responsesStart(): readonly StreamItem[] {
  return [
    responseEvent('response.created', { response: responseObject('in_progress') }),
    responseEvent('response.in_progress', { response: responseObject('in_progress') }),
  ];
}

export function responsesEnd(): readonly StreamItem[] {
  return [responseEvent('response.completed', { response: responseObject('completed', { usage: RESPONSE_USAGE }) })];
}

export function responsesIncomplete(reason: string): readonly StreamItem[] {
  return [
    responseEvent('response.incomplete', {
      response: responseObject('incomplete', { incomplete_details: { reason }, usage: RESPONSE_USAGE }),
    }),
  ];
}

export function responsesFailed(code: string, message: string): readonly StreamItem[] {
  return [responseEvent('response.failed', { response: responseObject('failed', { error: { code, message } }) })];
}

export function responsesText(pieces: readonly string[], kind: 'output_text' | 'refusal' = 'output_text'): readonly StreamItem[] {
  const place = { item_id: 'msg_67c9', output_index: 0, content_index: 0 };
  const text = pieces.join('');
  const part = kind === 'refusal' ? { type: 'refusal', refusal: text } : { type: 'output_text', text, annotations: [] };
  return [
    responseEvent('response.output_item.added', {
      output_index: 0,
      item: { id: 'msg_67c9', type: 'message', status: 'in_progress', role: 'assistant', content: [] },
    }),
    responseEvent('response.content_part.added', { ...place, part: { ...part, ...(kind === 'refusal' ? { refusal: '' } : { text: '' }) } }),
    ...pieces.map((delta) => responseEvent(`response.${kind}.delta`, { ...place, delta })),
    responseEvent(`response.${kind}.done`, { ...place, [kind === 'refusal' ? 'refusal' : 'text']: text }),
    responseEvent('response.content_part.done', { ...place, part }),
    responseEvent('response.output_item.done', {
      output_index: 0,
      item: { id: 'msg_67c9', type: 'message', status: 'completed', role: 'assistant', content: [part] },
    }),
  ];
}

export function responsesReasoning(id: string, summary: readonly string[], encryptedContent: string): readonly StreamItem[] {
  return [
    responseEvent('response.output_item.added', { output_index: 0, item: { id, type: 'reasoning', summary: [] } }),
    ...summary.map((delta) =>
      responseEvent('response.reasoning_summary_text.delta', { item_id: id, output_index: 0, summary_index: 0, delta }),
    ),
    responseEvent('response.output_item.done', {
      output_index: 0,
      item: { id, type: 'reasoning', summary: [{ type: 'summary_text', text: summary.join('') }], encrypted_content: encryptedContent },
    }),
  ];
}

export function responsesCalls(calls: readonly PeerCall[]): readonly StreamItem[] {
  return calls.flatMap(({ id, name, pieces }, output_index) => {
    const item = { id: `fc_${id}`, type: 'function_call', call_id: id, name };
    const place = { item_id: `fc_${id}`, output_index };
    return [
      responseEvent('response.output_item.added', { output_index, item: { ...item, status: 'in_progress', arguments: '' } }),
      ...pieces.map((delta) => responseEvent('response.function_call_arguments.delta', { ...place, delta })),
      responseEvent('response.function_call_arguments.done', { ...place, arguments: pieces.join('') }),
      responseEvent('response.output_item.done', { output_index, item: { ...item, status: 'completed', arguments: pieces.join('') } }),
    ];
  });
}
