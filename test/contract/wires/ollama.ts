import { ollamaCalls, ollamaEnd, ollamaText, ollamaThinking, startOllamaPeer } from '../../support/peers/ollama-peer.js';
import type { PeerReply, PeerRequest } from '../../support/peers/provider-peer.js';
import type { ProviderWire } from '../provider-wire.js';

const failed = (status: number, error: string, headers: Record<string, string> = {}): PeerReply => ({
  type: 'status',
  status,
  headers,
  body: { error },
});

export const ollamaWire: ProviderWire = {
  name: 'ollama',
  start: startOllamaPeer,
  settings: { provider: 'ollama', model: 'qwen3', apiKey: 'sk-test-123456' },
  thinking: { thinking: { enabled: true, budgetTokens: 2048 } },
  usage: { inputTokens: 31, outputTokens: 7 },
  givesIds: false,
  text: (pieces) => [...ollamaText(pieces), ollamaEnd()],
  begin: (text) => ollamaText([text]),
  calls: (calls) => [...ollamaCalls(calls), ollamaEnd()],
  // It signs nothing: the thinking itself comes back.
  thought: (thoughts, signed, calls) => [...ollamaThinking([...thoughts, signed]), ...ollamaCalls(calls), ollamaEnd()],
  streamError: { items: [{ data: { error: 'model runner has unexpectedly stopped' } }], code: 'LLM_UNAVAILABLE' },
  limited: failed(429, 'too many requests', { 'retry-after': '90' }),
  overloaded: failed(503, 'server busy, please try again. maximum pending requests exceeded', { 'retry-after': '7' }),
  readSchema: ({ body }) => body['format'],
  // A format would hold for calls too, so it is asked for in words.
  readSchemaBesideTools: ({ body }) => {
    const [system] = body['messages'] as readonly { content: string }[];
    return JSON.parse(system?.content.split('\n').at(-1) ?? '') as unknown;
  },
  readKey: ({ headers }: PeerRequest) => headers.authorization?.replace('Bearer ', ''),
  readTemperature: ({ body }) => (body['options'] as { temperature?: number }).temperature,
  failures: [
    { name: 'a refused key', code: 'LLM_UNAUTHORIZED', names: /llms\.main\.api_key/, reply: failed(401, 'unauthorized: sk-test-123456') },
    {
      name: 'a model that is not there',
      code: 'LLM_REJECTED',
      names: /no model 'qwen3'.*llms\.main\.model/,
      reply: failed(404, "model 'qwen3' not found"),
    },
    { name: 'a server fault', code: 'LLM_UNAVAILABLE', names: /status 500/, reply: failed(500, 'llama runner process has terminated') },
    { name: 'a bad request', code: 'LLM_REJECTED', names: /does not support tools/, reply: failed(400, 'qwen3 does not support tools') },
  ],
};
