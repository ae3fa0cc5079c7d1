import { startAnthropicPeer } from '../../support/peers/anthropic-peer.js';
import * as replies from '../../support/peers/anthropic-replies.js';
import { type ProviderWire, streamed } from '../provider-wire.js';

export const anthropicWire: ProviderWire = {
  name: 'anthropic',
  start: startAnthropicPeer,
  settings: { provider: 'anthropic', model: 'claude-haiku-4-5', apiKey: 'sk-test-123456' },
  thinking: { thinking: { enabled: true, budgetTokens: 2048 } },
  usage: { inputTokens: 31, outputTokens: 7, cachedTokens: 4, cacheWriteTokens: 7, thinkingTokens: 2 },
  givesIds: true,
  text: (pieces) => [...replies.messageStart(), ...replies.textBlock(0, pieces), ...replies.messageEnd('end_turn')],
  begin: (text) => [...replies.messageStart(), ...replies.textBlock(0, [text]).slice(0, 2)],
  calls: (calls) => [...replies.messageStart(), ...replies.toolBlocks(0, calls), ...replies.messageEnd('tool_use')],
  thought: (thoughts, signed, calls) => [
    ...replies.messageStart(),
    ...replies.thinkingBlock(0, thoughts, signed),
    ...replies.toolBlocks(1, calls),
    ...replies.messageEnd('tool_use'),
  ],
  streamError: {
    items: [{ data: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } }],
    code: 'LLM_UNAVAILABLE',
  },
  limited: replies.anthropicError(429, 'rate_limit_error', 'This request would exceed your rate limit', { 'retry-after': '90' }),
  overloaded: replies.anthropicError(529, 'overloaded_error', 'Overloaded', { 'retry-after': '7' }),
  readSchema: ({ body }) => (body['output_config'] as { format?: { schema?: unknown } } | undefined)?.format?.schema,
  readKey: ({ headers }) => headers['x-api-key'],
  readTemperature: ({ body }) => body['temperature'],
  failures: [
    {
      name: 'a refused key',
      code: 'LLM_UNAUTHORIZED',
      names: /llms\.main\.api_key/,
      reply: replies.anthropicError(401, 'authentication_error', 'invalid x-api-key sk-test-123456'),
    },
    {
      name: 'a forbidden model',
      code: 'LLM_UNAUTHORIZED',
      names: /claude-haiku-4-5.*llms\.main\.api_key/,
      reply: replies.anthropicError(403, 'permission_error', 'not allowed'),
    },
    {
      name: 'an unknown model',
      code: 'LLM_REJECTED',
      names: /no model 'claude-haiku-4-5'.*llms\.main\.model/,
      reply: replies.anthropicError(404, 'not_found_error', 'model: claude-haiku-4-5'),
    },
    {
      name: 'too large a request',
      code: 'LLM_REJECTED',
      names: /longer than the context/,
      reply: replies.anthropicError(413, 'request_too_large', 'Request exceeds the maximum size'),
    },
    {
      name: 'an empty account',
      code: 'LLM_REJECTED',
      names: /no quota left/,
      reply: replies.anthropicError(402, 'billing_error', 'Your credit balance is too low'),
    },
    {
      name: 'a server fault',
      code: 'LLM_UNAVAILABLE',
      names: /status 500/,
      reply: replies.anthropicError(500, 'api_error', 'Internal server error'),
    },
    {
      name: 'an event that is not JSON',
      code: 'LLM_BAD_RESPONSE',
      names: /not JSON of this API.*llms\.main\.base_url/,
      reply: streamed([{ raw: 'event: message_start\ndata: {"broken\n\n' }]),
    },
  ],
};
