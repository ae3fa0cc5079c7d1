/** What every model that is asked over HTTP must do, against a peer that speaks its provider's wire (issue: one conformance suite). */
import t from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import type { ModelEvent, ModelRequest } from '../../src/providers/llms/contract.js';
import type { SessionMessage, SessionPart } from '../../src/tasks/session-message.js';
import { createSteeredClock } from '../support/steered-clock.js';
import { collect, joinText, testLanguageModel, userMessage } from './language-model.js';
import { testProviderFailures } from './provider-model-failures.js';
import { ASK, harnessOf, type ProviderWire, setUp, streamed, WEATHER } from './provider-wire.js';

export function testProviderModel(wire: ProviderWire): void {
  const { name } = wire;
  testLanguageModel(name, harnessOf(wire));
  testProviderFailures(wire);

  t.test(`${name}: a stream torn anywhere, with either line end, says the same (LLM-07)`, async (t) => {
    const text = 'Grüße, 世界 👩‍👩‍👧 "quoted" \\ and \n line';
    const calls = [{ id: 'call_1', name: 'get_weather', pieces: ['{"city":"Mün', 'chen 🥨"}'] }];
    for (const split of [1, 2, 7]) {
      for (const newline of ['\n', '\r\n'] as const) {
        const { model } = await setUp(t, wire, [streamed(wire.text([text.slice(0, 9), text.slice(9)])), streamed(wire.calls(calls))], {
          split,
          newline,
        });
        t.equal(joinText(await collect(model, ASK)), text, `${split} bytes`);
        const made = callsOf(await collect(model, { ...ASK, tools: [WEATHER] }));
        t.same(
          made.map(({ arguments: given }) => given),
          [{ city: 'München 🥨' }],
        );
      }
    }
  });

  t.test(`${name}: usage counts input, output, cached and thinking, and who answered is told (LLM-06, W-60)`, async (t) => {
    const { model } = await setUp(t, wire, [streamed(wire.text(['ok']))]);
    t.same((await collect(model, ASK)).at(-1), {
      type: 'finish',
      reason: 'stop',
      usage: wire.usage,
      answeredBy: { llm: 'main', provider: wire.settings.provider, model: wire.settings.model },
    });
  });

  t.test(`${name}: parallel calls arrive whole and in order, also without arguments (LLM-07)`, async (t) => {
    const calls = [
      { id: 'call_a', name: 'get_weather', pieces: ['{"city":', '"a"}'] },
      { id: 'call_b', name: 'get_time', pieces: [] },
      { id: 'call_c', name: 'get_weather', pieces: ['{"city":"c"}'] },
    ];
    const { model } = await setUp(t, wire, [streamed(wire.calls(calls))]);
    const events = await collect(model, { ...ASK, tools: [WEATHER, { ...WEATHER, name: 'get_time' }] });
    t.same(callsOf(events), [
      { type: 'tool_call', id: wire.givesIds ? 'call_a' : '', name: 'get_weather', arguments: { city: 'a' } },
      { type: 'tool_call', id: wire.givesIds ? 'call_b' : '', name: 'get_time', arguments: {} },
      { type: 'tool_call', id: wire.givesIds ? 'call_c' : '', name: 'get_weather', arguments: { city: 'c' } },
    ]);
    t.match(events.at(-1), { type: 'finish', reason: 'tool_calls' });
  });

  t.test(
    `${name}: the service accepts a session of all that a session can hold, whoever wrote it (AGT-06, AGT-12, LLM-20, LLM-21)`,
    async (t) => {
      for (const thinking of [{}, wire.thinking]) {
        const { peer, model } = await setUp(t, wire, [streamed(wire.text(['ok'])), streamed(wire.text(['ok']))], {
          settings: { ...thinking, maxTokens: 4096 },
        });
        t.equal(joinText(await collect(model, { ...ASK, messages: MIXED_SESSION, tools: [WEATHER] })), 'ok');
        const sent = JSON.stringify(peer.requests[0]?.body);
        t.match(sent, '(no output)', 'an empty result has words');
        t.match(sent, 'iVBORw0KGgo=', 'the image of the user');
        t.match(sent, 'R0lGODlh', 'the image of a result');
        t.match(sent, 'disk full', 'the failure');
        t.notMatch(sent, 'somebody else’s signature');
        // A step of a tool loop that begins with words of the agent, as a window over a long session may leave it.
        t.equal(joinText(await collect(model, { ...ASK, messages: MIXED_SESSION.slice(1), tools: [WEATHER] })), 'ok');
      }
    },
  );

  t.test(`${name}: thinking comes back to the model as it came (AGT-12, LLM-11, LLM-20, LLM-30)`, async (t) => {
    const { thought } = wire;
    if (typeof thought !== 'function') {
      t.pass(thought.skip);
      return;
    }
    const call = { id: 'call_t1', name: 'get_weather', pieces: ['{"city":"Rom"}'] };
    const replies = [streamed(thought(['I should ', 'look.'], 'c2lnbmVkQnlUaGVQcm92aWRlcg==', [call])), streamed(wire.text(['ok']))];
    const { peer, model } = await setUp(t, wire, replies, { settings: { ...wire.thinking, maxTokens: 4096 } });
    const request = { ...ASK, tools: [WEATHER] };
    const events = await collect(model, request);
    t.match(joinThinking(events), 'I should look.');
    await collect(model, { ...request, messages: [...ASK.messages, ...toMessages(events, '21 °C')] });
    t.match(JSON.stringify(peer.requests[1]?.body), 'c2lnbmVkQnlUaGVQcm92aWRlcg==');
    t.notMatch(JSON.stringify(peer.requests[0]?.body), 'c2lnbmVk');
  });

  t.test(`${name}: a request can ask for JSON that fits, with tools and without (AGT-60, LLM-07)`, async (t) => {
    const answers = [streamed(wire.text(['{"ci', 'ty":"Rom"}'])), streamed(wire.text(['{"city":"Rom"}']))];
    const { peer, model } = await setUp(t, wire, answers);
    const request: ModelRequest = { ...ASK, output: { name: 'response', strict: true, schema: CITY } };
    t.equal(model.supportsOutputSchema, true);
    t.same(JSON.parse(joinText(await collect(model, request))), { city: 'Rom' });
    t.same(wire.readSchema(peer.requests[0] as never), { ...CITY });
    await collect(model, { ...request, tools: [WEATHER] });
    t.same((wire.readSchemaBesideTools ?? wire.readSchema)(peer.requests[1] as never), { ...CITY });
  });

  t.test(`${name}: the key goes where the service wants it, and a temperature of 0 is sent (W-60)`, async (t) => {
    const { peer, model } = await setUp(t, wire, [streamed(wire.text(['ok'])), streamed(wire.text(['ok']))], {
      settings: { temperature: 0.7 },
    });
    await collect(model, { ...ASK, temperature: 0 });
    await collect(model, ASK);
    t.same(peer.requests.map(wire.readKey), ['sk-test-123456', 'sk-test-123456']);
    t.same(peer.requests.map(wire.readTemperature), [0, 0.7]);
  });

  t.test(
    `${name}: a limited rate and an overload are waited out as the provider says, then the answer comes once (LLM-03, LLM-04, W-64)`,
    async (t) => {
      const clock = createSteeredClock();
      const replies = [wire.limited, wire.overloaded, { type: 'refuse' } as const, streamed(wire.text(['ok']))];
      const { peer, model } = await setUp(t, wire, replies, { clock, settings: { maxRetries: 3, idleTimeoutMs: 3_600_000 } });
      const run = collect(model, ASK);
      const waited: number[] = [];
      for (const asked of [1, 2, 3]) {
        // The idle timer comes first; the wait is the timer that stands after it has gone.
        let pending = await clock.untilPending();
        while (pending === 3_600_000 || peer.requests.length < asked) {
          await new Promise((resolve) => setImmediate(resolve));
          pending = await clock.untilPending();
        }
        waited.push(pending);
        await clock.advance(pending);
      }
      t.equal(joinText(await run), 'ok');
      t.same(waited.slice(0, 2), [60_000, 7_000], 'a wait is never longer than a minute');
      t.ok((waited[2] ?? 0) >= 7_200 && (waited[2] ?? 0) <= 8_800, `${waited[2]} ms after a network failure, the third`);
    },
  );
}

const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };

const at = { author: 'helper', createdAt: 2 };
const foreign = 'somebody else’s signature';

/** Two calls whose ids no provider made, one without arguments; results that are empty, failed or hold an image. */
const MIXED_SESSION: readonly SessionMessage[] = [
  {
    ...userMessage(''),
    parts: [
      { type: 'text', text: 'See these' },
      { type: 'file', raw: 'iVBORw0KGgo=', mediaType: 'image/png', filename: 'a.png' },
      { type: 'file', raw: 'JVBERi0xLjQ=', mediaType: 'application/pdf', filename: 'd.pdf' },
      { type: 'file', raw: 'AAAA', mediaType: 'audio/wav', filename: 's.wav' },
      { type: 'data', data: { n: 1 } },
    ],
  },
  {
    ...{ ...at, id: 'a1', role: 'agent' },
    parts: [
      { type: 'thinking', text: 'Hm', signature: foreign },
      { type: 'thinking', text: '', signature: JSON.stringify({ other: [foreign] }) },
      { type: 'text', text: '  \n' },
      { type: 'tool_call', id: 'functions.get_weather:0', name: 'get_weather', arguments: { city: 'Köln' } },
      { type: 'tool_call', id: 'hector-0199d1f0-7b2c-7c3a-8d4e-5f6a7b8c9d0e', name: 'get_weather', arguments: {} },
    ],
  },
  {
    ...{ ...at, id: 't1', role: 'tool' },
    parts: [
      {
        type: 'tool_result',
        callId: 'functions.get_weather:0',
        name: 'get_weather',
        content: '',
        isError: false,
        files: [{ type: 'file', raw: 'R0lGODlh', mediaType: 'image/gif', filename: 'map.gif' }],
      },
      {
        type: 'tool_result',
        callId: 'hector-0199d1f0-7b2c-7c3a-8d4e-5f6a7b8c9d0e',
        name: 'get_weather',
        content: 'disk full',
        isError: true,
      },
    ],
  },
  { ...at, id: 'a2', role: 'agent', parts: [{ type: 'text', text: 'It rains.' }] },
  { ...userMessage('', 'u2'), parts: [] },
  { ...userMessage('And tomorrow?', 'u3') },
  {
    ...{ ...at, id: 'a3', role: 'agent' },
    parts: [{ type: 'tool_call', id: 'toolu_01A09q90qw90lq917835lq9', name: 'get_weather', arguments: { city: 'Köln' } }],
  },
  {
    ...{ ...at, id: 't3', role: 'tool' },
    parts: [{ type: 'tool_result', callId: 'toolu_01A09q90qw90lq917835lq9', name: 'get_weather', content: 'Sun', isError: false }],
  },
];

function callsOf(events: readonly ModelEvent[]): readonly Extract<ModelEvent, { type: 'tool_call' }>[] {
  return events.filter((event) => event.type === 'tool_call');
}

function joinThinking(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.type === 'thinking' ? event.text : '')).join('');
}

/** The session after these events: parts in their order, thinking closed by its signature, and a result for each call. */
function toMessages(events: readonly ModelEvent[], result: string): readonly SessionMessage[] {
  const parts: SessionPart[] = [];
  for (const event of events) {
    const last = parts.at(-1);
    if (event.type === 'thinking' && last?.type === 'thinking' && last.signature === undefined)
      parts[parts.length - 1] = { ...event, text: last.text + event.text };
    else if (event.type === 'thinking' || event.type === 'text') parts.push(event);
    else if (event.type === 'tool_call') parts.push({ ...event, id: event.id || 'hector-1', arguments: event.arguments as JsonObject });
  }
  const results = parts.flatMap((part): SessionPart[] =>
    part.type === 'tool_call' ? [{ type: 'tool_result', callId: part.id, name: part.name, content: result, isError: false }] : [],
  );
  return [
    { ...at, id: 'a1', role: 'agent', parts },
    { ...at, id: 't1', role: 'tool', parts: results },
  ];
}
