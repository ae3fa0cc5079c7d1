/** How the conformance suite speaks to a provider: its peer, its replies, and where its requests hold what. */
import { type Clock, systemClock } from '../../src/base/clock.js';
import type { ErrorCode } from '../../src/base/errors.js';
import type { LlmSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import type { LanguageModel, ModelRequest, ModelUsage } from '../../src/providers/llms/contract.js';
import { createLanguageModel } from '../../src/providers/llms/registry.js';
import { llmSettings } from '../support/llm-settings.js';
import type { PeerCall, PeerOptions, PeerReply, PeerRequest, ProviderPeer, StreamItem } from '../support/peers/provider-peer.js';
import { type HarnessTest, type LanguageModelHarness, userMessage } from './language-model.js';

export interface ProviderWire {
  readonly name: string;
  start(t: HarnessTest, options?: PeerOptions): Promise<ProviderPeer>;
  /** Provider, model and key; a key is `sk-test-123456`. */
  readonly settings: Partial<LlmSettings>;
  /** Settings and request under which the model thinks and its thinking is replayed. */
  readonly thinking: Partial<LlmSettings>;
  /** Every complete answer counts this. */
  readonly usage: ModelUsage;
  readonly text: (pieces: readonly string[]) => readonly StreamItem[];
  /** The beginning of an answer that says `text`. */
  readonly begin: (text: string) => readonly StreamItem[];
  readonly calls: (calls: readonly PeerCall[]) => readonly StreamItem[];
  /** Ids of calls as they arrive. */
  readonly givesIds: boolean;
  /** Thinks, and then calls. `signed` is what a request must bring back. */
  readonly thought:
    | ((thoughts: readonly string[], signed: string, calls: readonly PeerCall[]) => readonly StreamItem[])
    | { readonly skip: string };
  /** A failure in mid-stream, as this provider reports it. */
  readonly streamError: { readonly items: readonly StreamItem[]; readonly code: ErrorCode };
  readonly limited: PeerReply;
  readonly overloaded: PeerReply;
  /** Which part of a request holds the schema of the answer; `tools` are those of the request. */
  readonly readSchema: (request: PeerRequest) => unknown;
  /** The same beside a tool, where it is another place. */
  readonly readSchemaBesideTools?: (request: PeerRequest) => unknown;
  /** The key as the service wants it. */
  readonly readKey: (request: PeerRequest) => unknown;
  readonly readTemperature: (request: PeerRequest) => unknown;
  /** Texts and base64 of a request, wherever they stand, in order. */
  readonly failures: readonly { readonly name: string; readonly code: ErrorCode; readonly names: RegExp; readonly reply: PeerReply }[];
}

export interface SetUpOptions extends PeerOptions {
  readonly settings?: Partial<LlmSettings>;
  readonly clock?: Clock;
}

export async function setUp(t: HarnessTest, wire: ProviderWire, replies: readonly PeerReply[], options: SetUpOptions = {}) {
  const { settings = {}, clock = systemClock, ...peerOptions } = options;
  const peer = await wire.start(t, peerOptions);
  peer.script(...replies);
  const model: LanguageModel = await createLanguageModel(llmSettings({ ...wire.settings, baseUrl: peer.url, ...settings }), {
    name: 'main',
    log: silentLogger,
    clock,
  });
  return { peer, model };
}

export const streamed = (items: readonly StreamItem[]): PeerReply => ({ type: 'stream', items });

export const ASK: ModelRequest = { system: 'Be brief.', messages: [userMessage('Hello?')], tools: [] };

export const WEATHER = {
  name: 'get_weather',
  description: 'Tells the weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

/** The suite that every model passes, over a wire. */
export function harnessOf(wire: ProviderWire): LanguageModelHarness {
  return {
    async text(t) {
      const { model } = await setUp(t, wire, [streamed(wire.text(['Hel', 'lo, ', 'wörld 👋']))]);
      return { model, request: ASK, expected: 'Hello, wörld 👋' };
    },
    async toolRoundTrip(t) {
      const call = { id: 'call_Zq1', name: 'get_weather', pieces: ['{"ci', 'ty":"Köl', 'n"}'] };
      const { model } = await setUp(t, wire, [streamed(wire.calls([call])), streamed(wire.text(['It is ', '21 °C.']))]);
      return {
        model,
        request: { system: '', messages: [userMessage('Weather in Köln?')], tools: [WEATHER] },
        call: { name: 'get_weather', arguments: { city: 'Köln' } },
        result: '21 °C',
        expected: 'It is 21 °C.',
      };
    },
    async slow(t) {
      const { peer, model } = await setUp(t, wire, [streamed([...wire.begin('first '), { stall: true }])]);
      return { model, request: ASK, stopped: peer.nextRequest().then((request) => request.aborted) };
    },
    failures: [
      ...wire.failures,
      {
        name: 'an HTML page',
        code: 'LLM_UNAVAILABLE' as const,
        names: /status 502/,
        reply: { type: 'status', status: 502, body: '<html>Bad gateway</html>' } as const,
      },
      { name: 'a refused connection', code: 'LLM_UNAVAILABLE' as const, names: /llms\.main\.base_url/, reply: { type: 'refuse' } as const },
      {
        name: 'a redirect',
        code: 'LLM_REJECTED' as const,
        names: /llms\.main/,
        reply: { type: 'status', status: 307, headers: { location: 'http://127.0.0.1:9/' }, body: '' } as const,
      },
      {
        name: 'a cut connection',
        code: 'LLM_UNAVAILABLE' as const,
        names: /llms\.main/,
        reply: streamed([...wire.begin('Hel'), { cut: true }]),
      },
      { name: 'an early end', code: 'LLM_UNAVAILABLE' as const, names: /llms\.main/, reply: streamed(wire.begin('Hel')) },
      {
        name: 'a failure in mid-stream',
        code: wire.streamError.code,
        names: /llms\.main/,
        reply: streamed([...wire.begin('Hel'), ...wire.streamError.items]),
      },
    ].map(({ reply, ...failure }) => ({
      ...failure,
      create: async (t: HarnessTest) => ({ model: (await setUp(t, wire, [reply])).model, request: ASK }),
    })),
  };
}
