import { geminiCalls, geminiChunk, geminiEnd, geminiError, startGeminiPeer } from '../../support/peers/gemini-peer.js';
import type { PeerRequest } from '../../support/peers/provider-peer.js';
import { type ProviderWire, streamed } from '../provider-wire.js';

const readConfig = ({ body }: PeerRequest) => body['generationConfig'] as Readonly<Record<string, unknown>> | undefined;

export const geminiWire: ProviderWire = {
  name: 'gemini',
  start: startGeminiPeer,
  settings: { provider: 'gemini', model: 'gemini-2.5-pro', apiKey: 'sk-test-123456' },
  thinking: { model: 'gemini-3-pro-preview', thinking: { enabled: true, budgetTokens: 2048 } },
  usage: { inputTokens: 31, outputTokens: 7, cachedTokens: 4, thinkingTokens: 2 },
  givesIds: true,
  text: (pieces) => [...pieces.map((text) => geminiChunk([{ text }])), geminiEnd()],
  begin: (text) => [geminiChunk([{ text }])],
  calls: (calls) => [geminiCalls(calls), geminiEnd()],
  thought: (thoughts, signed, calls) => [
    ...thoughts.map((text) => geminiChunk([{ text, thought: true }])),
    geminiCalls(calls, signed),
    geminiEnd(),
  ],
  streamError: {
    items: [{ data: { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } } }],
    code: 'LLM_UNAVAILABLE',
  },
  limited: geminiError(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota', [
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '90s' },
  ]),
  overloaded: geminiError(503, 'UNAVAILABLE', 'The model is overloaded', [
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7s' },
  ]),
  readSchema: (request) => readConfig(request)?.['responseJsonSchema'],
  readSchemaBesideTools: ({ body }) => {
    const [tool] = body['tools'] as readonly { functionDeclarations: readonly { parametersJsonSchema: unknown }[] }[];
    return tool?.functionDeclarations.at(-1)?.parametersJsonSchema;
  },
  readKey: ({ headers }) => headers['x-goog-api-key'],
  readTemperature: (request) => readConfig(request)?.['temperature'],
  failures: [
    {
      name: 'a refused key',
      code: 'LLM_UNAUTHORIZED',
      names: /llms\.main\.api_key/,
      reply: geminiError(400, 'INVALID_ARGUMENT', 'API key not valid: sk-test-123456', [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
      ]),
    },
    {
      name: 'an unknown model',
      code: 'LLM_REJECTED',
      names: /no model 'gemini-2\.5-pro'.*llms\.main\.model/,
      reply: geminiError(404, 'NOT_FOUND', 'models/gemini-2.5-pro is not found'),
    },
    {
      name: 'a server fault',
      code: 'LLM_UNAVAILABLE',
      names: /status 500/,
      reply: geminiError(500, 'INTERNAL', 'An internal error has occurred'),
    },
    {
      name: 'a bad request',
      code: 'LLM_REJECTED',
      names: /rejected the request of llms\.main/,
      reply: geminiError(400, 'INVALID_ARGUMENT', 'No'),
    },
    {
      name: 'an event that is not JSON',
      code: 'LLM_BAD_RESPONSE',
      names: /not JSON of this API.*llms\.main\.base_url/,
      reply: streamed([{ data: '{"broken' }]),
    },
    {
      name: 'a call that the model got wrong',
      code: 'LLM_BAD_RESPONSE',
      names: /MALFORMED_FUNCTION_CALL/,
      reply: streamed([geminiEnd('MALFORMED_FUNCTION_CALL')]),
    },
  ],
};
