import { systemClock } from '../../src/base/clock.js';
import type { LlmSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { createLanguageModel } from '../../src/providers/llms/registry.js';
import { llmSettings } from '../support/llm-settings.js';
import { startOpenAiPeer } from '../support/peers/openai-peer.js';
import {
  chatCalls,
  chatEnd,
  chatText,
  errorReply,
  type PeerReply,
  responsesCalls,
  responsesEnd,
  responsesStart,
  responsesText,
  type StreamItem,
} from '../support/peers/openai-replies.js';
import { type FailingSituation, type HarnessTest, testLanguageModel, userMessage } from './language-model.js';

const WEATHER = {
  name: 'get_weather',
  description: 'Tells the weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

const wires = {
  chat: {
    begin: (text: string) => chatText([text]),
    text: (pieces: readonly string[]) => [...chatText(pieces), ...chatEnd('stop')],
    calls: () => [...chatCalls([{ id: 'call_Zq1', name: 'get_weather', pieces: ['{"ci', 'ty":"Köl', 'n"}'] }]), ...chatEnd('tool_calls')],
  },
  responses: {
    begin: (text: string) => [...responsesStart(), ...responsesText([text]).slice(0, 3)],
    text: (pieces: readonly string[]) => [...responsesStart(), ...responsesText(pieces), ...responsesEnd()],
    calls: () => [
      ...responsesStart(),
      ...responsesCalls([{ id: 'call_Zq1', name: 'get_weather', pieces: ['{"ci', 'ty":"Köl', 'n"}'] }]),
      ...responsesEnd(),
    ],
  },
};

for (const api of ['chat', 'responses'] as const) {
  const setUp = async (t: HarnessTest, replies: readonly PeerReply[], changes: Partial<LlmSettings> = {}) => {
    const peer = await startOpenAiPeer(t);
    peer.script(...replies);
    const settings = llmSettings({ provider: 'openai', model: 'gpt-4.1', apiKey: 'sk-test-123456', baseUrl: peer.url, api, ...changes });
    return { peer, model: await createLanguageModel(settings, { name: 'main', log: silentLogger, clock: systemClock }) };
  };
  const stream = (items: readonly StreamItem[]): PeerReply => ({ type: 'stream', items });
  const ask = { system: 'Be brief.', messages: [userMessage('Hello?')], tools: [] };

  const failing = (name: string, code: FailingSituation['code'], names: RegExp, reply: PeerReply): FailingSituation => ({
    name,
    code,
    names,
    create: async (t) => ({ model: (await setUp(t, [reply])).model, request: ask }),
  });

  testLanguageModel(`openai ${api}`, {
    async text(t) {
      return {
        model: (await setUp(t, [stream(wires[api].text(['Hel', 'lo, ', 'wörld 👋']))])).model,
        request: ask,
        expected: 'Hello, wörld 👋',
      };
    },
    async toolRoundTrip(t) {
      const { model } = await setUp(t, [stream(wires[api].calls()), stream(wires[api].text(['It is ', '21 °C.']))]);
      return {
        model,
        request: { system: '', messages: [userMessage('Weather in Köln?')], tools: [WEATHER] },
        call: { name: 'get_weather', arguments: { city: 'Köln' } },
        result: '21 °C',
        expected: 'It is 21 °C.',
      };
    },
    async slow(t) {
      const { peer, model } = await setUp(t, [stream([...wires[api].begin('first '), { stall: true }])]);
      return { model, request: ask, stopped: peer.nextRequest().then((request) => request.aborted) };
    },
    failures: [
      failing(
        'a refused key',
        'LLM_UNAUTHORIZED',
        /llms\.main\.api_key/,
        errorReply(401, { message: 'Incorrect API key provided: sk-test-123456.', code: 'invalid_api_key' }),
      ),
      failing(
        'an unknown model',
        'LLM_REJECTED',
        /no model 'gpt-4\.1'.*llms\.main\.model/,
        errorReply(404, { message: "The model 'gpt-4.1' does not exist", code: 'model_not_found' }),
      ),
      failing(
        'too long a conversation',
        'LLM_REJECTED',
        /longer than the context.*llms\.main\.model/,
        errorReply(400, {
          message: "This model's maximum context length is 8192 tokens.",
          code: 'context_length_exceeded',
          param: 'messages',
        }),
      ),
      failing(
        'an exhausted rate',
        'LLM_RATE_LIMITED',
        /llms\.main/,
        errorReply(429, { message: 'Rate limit reached', code: 'rate_limit_exceeded' }, { 'retry-after': '1' }),
      ),
      failing(
        'an exhausted quota',
        'LLM_REJECTED',
        /quota.*/,
        errorReply(429, { message: 'You exceeded your current quota', code: 'insufficient_quota' }),
      ),
      failing(
        'a server fault',
        'LLM_UNAVAILABLE',
        /status 500/,
        errorReply(500, { message: 'The server had an error', type: 'server_error' }),
      ),
      failing('an HTML page', 'LLM_UNAVAILABLE', /status 502/, { type: 'status', status: 502, body: '<html>Bad gateway</html>' }),
      failing('a refused connection', 'LLM_UNAVAILABLE', /llms\.main\.base_url/, { type: 'refuse' }),
      failing('a cut connection', 'LLM_UNAVAILABLE', /llms\.main/, stream([...wires[api].begin('Hel'), { cut: true }])),
      failing('an early end', 'LLM_UNAVAILABLE', /before the answer was complete/, stream(wires[api].begin('Hel'))),
      failing(
        'an event that is not JSON',
        'LLM_BAD_RESPONSE',
        /not JSON of this API.*llms\.main\.base_url/,
        stream([{ data: '{"broken' }]),
      ),
    ],
  });
}
