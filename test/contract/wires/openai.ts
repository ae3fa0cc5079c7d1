import { startOpenAiPeer } from '../../support/peers/openai-peer.js';
import * as replies from '../../support/peers/openai-replies.js';
import type { PeerRequest } from '../../support/peers/provider-peer.js';
import { type ProviderWire, streamed } from '../provider-wire.js';

const failures: ProviderWire['failures'] = [
  {
    name: 'a refused key',
    code: 'LLM_UNAUTHORIZED',
    names: /llms\.main\.api_key/,
    reply: replies.errorReply(401, { message: 'Incorrect API key provided: sk-test-123456.', code: 'invalid_api_key' }),
  },
  {
    name: 'an unknown model',
    code: 'LLM_REJECTED',
    names: /no model 'gpt-4\.1'.*llms\.main\.model/,
    reply: replies.errorReply(404, { message: "The model 'gpt-4.1' does not exist", code: 'model_not_found' }),
  },
  {
    name: 'too long a conversation',
    code: 'LLM_REJECTED',
    names: /longer than the context.*llms\.main\.model/,
    reply: replies.errorReply(400, {
      message: 'maximum context length is 8192 tokens.',
      code: 'context_length_exceeded',
      param: 'messages',
    }),
  },
  {
    name: 'an exhausted rate',
    code: 'LLM_RATE_LIMITED',
    names: /llms\.main/,
    reply: replies.errorReply(429, { message: 'Rate limit reached', code: 'rate_limit_exceeded' }, { 'retry-after': '1' }),
  },
  {
    name: 'an exhausted quota',
    code: 'LLM_REJECTED',
    names: /quota.*/,
    reply: replies.errorReply(429, { message: 'You exceeded your current quota', code: 'insufficient_quota' }),
  },
  {
    name: 'a server fault',
    code: 'LLM_UNAVAILABLE',
    names: /status 500/,
    reply: replies.errorReply(500, { message: 'The server had an error', type: 'server_error' }),
  },
  {
    name: 'an event that is not JSON',
    code: 'LLM_BAD_RESPONSE',
    names: /not JSON of this API.*llms\.main\.base_url/,
    reply: streamed([{ data: '{"broken' }]),
  },
];

const shared = {
  start: startOpenAiPeer,
  usage: { inputTokens: 31, outputTokens: 7, cachedTokens: 4, thinkingTokens: 2 },
  givesIds: true,
  limited: replies.errorReply(429, { message: 'Rate limit', code: 'rate_limit_exceeded' }, { 'x-ratelimit-reset-tokens': '1m30s' }),
  overloaded: replies.errorReply(503, { message: 'The engine is currently overloaded', type: 'server_error' }, { 'retry-after': '7' }),
  readKey: (request: PeerRequest) => request.headers.authorization?.replace('Bearer ', ''),
  readTemperature: ({ body }: PeerRequest) => body['temperature'],
  failures,
};

export const chatWire: ProviderWire = {
  ...shared,
  name: 'openai chat',
  settings: { provider: 'openai', model: 'gpt-4.1', apiKey: 'sk-test-123456', api: 'chat' },
  thinking: { thinking: { enabled: true, budgetTokens: 2048 } },
  text: (pieces) => [...replies.chatText(pieces), ...replies.chatEnd('stop')],
  begin: (text) => replies.chatText([text]),
  calls: (calls) => [...replies.chatCalls(calls), ...replies.chatEnd('tool_calls')],
  thought: { skip: 'this API takes no thinking back' },
  streamError: { items: [{ data: { error: { code: 502, message: 'Upstream died' } } }], code: 'LLM_UNAVAILABLE' },
  readSchema: ({ body }) => (body['response_format'] as { json_schema?: { schema?: unknown } } | undefined)?.json_schema?.schema,
};

export const responsesWire: ProviderWire = {
  ...shared,
  name: 'openai responses',
  settings: { provider: 'openai', model: 'gpt-4.1', apiKey: 'sk-test-123456', api: 'responses' },
  thinking: { model: 'o4-mini', thinking: { enabled: true, budgetTokens: 2048 } },
  text: (pieces) => [...replies.responsesStart(), ...replies.responsesText(pieces), ...replies.responsesEnd()],
  begin: (text) => [...replies.responsesStart(), ...replies.responsesText([text]).slice(0, 3)],
  calls: (calls) => [...replies.responsesStart(), ...replies.responsesCalls(calls), ...replies.responsesEnd()],
  thought: (thoughts, signed, calls) => [
    ...replies.responsesStart(),
    ...replies.responsesReasoning('rs_1', thoughts, signed),
    ...replies.responsesCalls(calls),
    ...replies.responsesEnd(),
  ],
  streamError: { items: replies.responsesFailed('rate_limit_exceeded', 'Slow down'), code: 'LLM_RATE_LIMITED' },
  readSchema: ({ body }) => (body['text'] as { format?: { schema?: unknown } } | undefined)?.format?.schema,
};
