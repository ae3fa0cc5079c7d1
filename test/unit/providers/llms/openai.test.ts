import t from 'tap';
import { type Clock, systemClock } from '../../../../src/base/clock.js';
import type { JsonObject } from '../../../../src/base/json.js';
import type { LlmSettings } from '../../../../src/config/settings.js';
import { silentLogger } from '../../../../src/observe/log.js';
import type { ModelRequest } from '../../../../src/providers/llms/contract.js';
import { createLanguageModel } from '../../../../src/providers/llms/registry.js';
import type { SessionMessage, SessionPart } from '../../../../src/tasks/session-message.js';
import { collect, type HarnessTest, joinText, userMessage } from '../../../contract/language-model.js';
import { llmSettings } from '../../../support/llm-settings.js';
import { type PeerRequest, startOpenAiPeer } from '../../../support/peers/openai-peer.js';
import * as replies from '../../../support/peers/openai-replies.js';
import { createSteeredClock } from '../../../support/steered-clock.js';

const ask: ModelRequest = { system: 'Be brief.', messages: [userMessage('Hello?')], tools: [] };
const TOOL = { name: 'look_up', description: 'Looks up', parameters: { type: 'object', properties: { word: { type: 'string' } } } };

async function setUp(t: HarnessTest, changes: Partial<LlmSettings>, scripted: readonly replies.PeerReply[], clock: Clock = systemClock) {
  const peer = await startOpenAiPeer(t);
  peer.script(...scripted);
  const settings = llmSettings({ provider: 'openai', model: 'gpt-4.1', apiKey: 'sk-test', baseUrl: peer.url, ...changes });
  return { peer, model: await createLanguageModel(settings, { name: 'main', log: silentLogger, clock }) };
}
const stream = (items: readonly replies.StreamItem[]): replies.PeerReply => ({ type: 'stream', items });
/** The conversation as it was sent over either wire. */
function inputOf(request: PeerRequest | undefined): readonly { readonly content?: readonly unknown[] }[] {
  return (request?.body.input ?? request?.body.messages ?? []) as readonly { readonly content?: readonly unknown[] }[];
}
const chatAnswer = stream([...replies.chatText(['ok']), ...replies.chatEnd('stop')]);
const responsesAnswer = stream([...replies.responsesStart(), ...replies.responsesText(['ok']), ...replies.responsesEnd()]);

t.test('auto: any other base_url gets Chat Completions (LLM-13)', async (t) => {
  const { peer, model } = await setUp(t, { temperature: 0.2, maxTokens: 50 }, [chatAnswer]);
  await collect(model, ask);
  t.equal(peer.requests[0]?.path, '/v1/chat/completions');
  t.equal(peer.requests[0]?.headers.authorization, 'Bearer sk-test');
  t.same(peer.requests[0]?.body, {
    model: 'gpt-4.1',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello?' },
    ],
    stream: true,
    stream_options: { include_usage: true },
    temperature: 0.2,
    max_tokens: 50,
  });
});

t.test('auto: OpenAI itself gets Responses, and without a key nobody is asked (LLM-13)', async (t) => {
  const settings = llmSettings({ provider: 'openai', model: 'gpt-4.1' });
  const model = await createLanguageModel(settings, { name: 'main', log: silentLogger, clock: systemClock });
  await t.rejects(collect(model, ask), { code: 'LLM_UNAUTHORIZED', message: /llms\.main\.api_key is empty.*OPENAI_API_KEY/ });
});

t.test('an address that is none is refused when the model is built', async (t) => {
  const settings = llmSettings({ provider: 'openai', baseUrl: 'http://' });
  await t.rejects(createLanguageModel(settings, { name: 'main', log: silentLogger, clock: systemClock }), {
    code: 'CONFIG_INVALID',
    message: /llms\.main\.base_url/,
  });
});

t.test('Responses: nothing is stored, tools are plain functions', async (t) => {
  const { peer, model } = await setUp(t, { api: 'responses', temperature: 0, maxTokens: 50 }, [responsesAnswer]);
  await collect(model, { ...ask, tools: [TOOL] });
  t.same(peer.requests[0]?.body, {
    model: 'gpt-4.1',
    instructions: 'Be brief.',
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hello?' }] }],
    stream: true,
    store: false,
    temperature: 0,
    max_output_tokens: 50,
    tools: [{ type: 'function', ...TOOL, strict: false }],
  });
});

t.test('a local server without a key gets no authorization header (LLM-13)', async (t) => {
  const { peer, model } = await setUp(t, { apiKey: '' }, [chatAnswer]);
  await collect(model, ask);
  t.equal(peer.requests[0]?.headers.authorization, undefined);
});

t.test('reasoning families get no temperature (LLM-10)', async (t) => {
  for (const name of ['o1-mini', 'o3', 'o4-mini', 'gpt-5', 'gpt-5.1-codex', 'openai/gpt-5-mini']) {
    const { peer, model } = await setUp(t, { model: name, temperature: 0.5, maxTokens: 9 }, [chatAnswer]);
    await collect(model, ask);
    t.equal(peer.requests[0]?.body.temperature, undefined, name);
    t.equal(peer.requests[0]?.body.max_completion_tokens, 9, name);
  }
  const { peer, model } = await setUp(t, { model: 'gpt-4o', temperature: 0.5 }, [chatAnswer]);
  await collect(model, ask);
  t.equal(peer.requests[0]?.body.temperature, 0.5);
});

t.test('reasoning comes back to the model with its encrypted content, before what it led to (LLM-11, AGT-12)', async (t) => {
  const thought = [
    ...replies.responsesReasoning('rs_1', ['I should ', 'look.'], 'gAAAA=='),
    ...replies.responsesCalls([{ id: 'call_1', name: 'look_up', pieces: ['{}'] }]),
  ];
  const { peer, model } = await setUp(t, { api: 'responses', model: 'o4-mini' }, [
    stream([...replies.responsesStart(), ...thought, ...replies.responsesEnd()]),
    responsesAnswer,
  ]);
  const events = await collect(model, { ...ask, tools: [TOOL] });
  t.same(peer.requests[0]?.body.include, ['reasoning.encrypted_content']);
  const thinking = events.filter((event) => event.type === 'thinking');
  t.equal(thinking.map(({ text }) => text).join(''), 'I should look.');
  const signature = thinking.at(-1)?.signature;
  t.type(signature, 'string');

  const parts: SessionPart[] = [
    { type: 'thinking', text: 'I should look.', signature: signature as string },
    { type: 'tool_call', id: 'call_1', name: 'look_up', arguments: {} },
  ];
  const messages: SessionMessage[] = [
    ...ask.messages,
    { id: 'a', role: 'agent', author: 'x', createdAt: 1, parts },
    {
      id: 't',
      role: 'tool',
      author: 'x',
      createdAt: 1,
      parts: [{ type: 'tool_result', callId: 'call_1', name: 'look_up', content: 'found', isError: false }],
    },
    // Thinking that led to nothing, or comes from another provider, must not be sent: the API would refuse it.
    { id: 'b', role: 'agent', author: 'x', createdAt: 1, parts: [{ type: 'thinking', text: 'cut off', signature: signature as string }] },
    {
      id: 'c',
      role: 'agent',
      author: 'x',
      createdAt: 1,
      parts: [
        { type: 'thinking', text: 'other', signature: 'EqQB' },
        { type: 'text', text: 'Hm.' },
      ],
    },
    userMessage('And?', 'u2'),
  ];
  await collect(model, { ...ask, messages, tools: [TOOL] });
  t.same(inputOf(peer.requests[1]).slice(1), [
    { type: 'reasoning', id: 'rs_1', encrypted_content: 'gAAAA==', summary: [{ type: 'summary_text', text: 'I should look.' }] },
    { type: 'function_call', call_id: 'call_1', name: 'look_up', arguments: '{}' },
    { type: 'function_call_output', call_id: 'call_1', output: 'found' },
    { role: 'assistant', content: 'Hm.' },
    { role: 'user', content: [{ type: 'input_text', text: 'And?' }] },
  ]);
});

t.test('parallel calls whose pieces arrive interleaved, and arguments that are no JSON object (LLM-07, AGT-07)', async (t) => {
  const calls = [
    { id: 'call_a', name: 'look_up', pieces: ['{"wo', 'rd":"a"}'] },
    { id: 'call_b', name: 'look_up', pieces: ['{"word":', '"b'] },
    { id: 'call_c', name: 'look_up', pieces: [''] },
    { id: 'call_d', name: 'look_up', pieces: ['[1]'] },
  ];
  for (const [api, items] of [
    ['chat', [...replies.chatText([]), ...replies.chatCalls(calls), ...replies.chatEnd('tool_calls')]],
    ['responses', [...replies.responsesStart(), ...replies.responsesCalls(calls), ...replies.responsesEnd()]],
  ] as const) {
    const { model } = await setUp(t, { api }, [stream(items)]);
    t.same(await collect(model, { ...ask, tools: [TOOL] }), [
      { type: 'tool_call', id: 'call_a', name: 'look_up', arguments: { word: 'a' } },
      { type: 'tool_call', id: 'call_b', name: 'look_up', arguments: {}, invalidArguments: '{"word":"b' },
      { type: 'tool_call', id: 'call_c', name: 'look_up', arguments: {} },
      { type: 'tool_call', id: 'call_d', name: 'look_up', arguments: {}, invalidArguments: '[1]' },
      {
        type: 'finish',
        reason: 'tool_calls',
        usage: { inputTokens: 31, outputTokens: 7, cachedTokens: 4, thinkingTokens: 2 },
        answeredBy: { llm: 'main', provider: 'openai', model: 'gpt-4.1' },
      },
    ]);
  }
});

t.test('a server that numbers every call 0, gives no ids and says stop still calls tools (LLM-13)', async (t) => {
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    data: { id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] },
  });
  const call = (id: string, word: string) =>
    chunk({ tool_calls: [{ index: 0, id, function: { name: 'look_up', arguments: JSON.stringify({ word }) } }] });
  const { model } = await setUp(t, {}, [stream([call('1', 'a'), call('2', 'b'), chunk({}, 'stop'), { data: '[DONE]' }])]);
  const events = await collect(model, { ...ask, tools: [TOOL] });
  t.same(
    events.map((event) => (event.type === 'tool_call' ? event.arguments.word : event.type === 'finish' && event.reason)),
    ['a', 'b', 'tool_calls'],
  );
  t.notOk('usage' in (events.at(-1) as object), 'no usage is made up');
});

t.test('a refusal is text that ends as content_filter; a cut answer ends as length', async (t) => {
  const end = async (api: 'chat' | 'responses', items: readonly replies.StreamItem[]) => {
    const { model } = await setUp(t, { api }, [stream(items)]);
    const events = await collect(model, ask);
    const finish = events.at(-1);
    return [joinText(events), finish?.type === 'finish' && finish.reason];
  };
  const start = replies.responsesStart();
  t.same(await end('chat', [...replies.chatRefusal(['I ', 'will not.']), ...replies.chatEnd('stop')]), ['I will not.', 'content_filter']);
  t.same(await end('responses', [...start, ...replies.responsesText(['I ', 'will not.'], 'refusal'), ...replies.responsesEnd()]), [
    'I will not.',
    'content_filter',
  ]);
  t.same(await end('chat', [...replies.chatText(['Once']), ...replies.chatEnd('length')]), ['Once', 'length']);
  t.same(await end('responses', [...start, ...replies.responsesText(['Once']), ...replies.responsesIncomplete('max_output_tokens')]), [
    'Once',
    'length',
  ]);
  t.same(await end('responses', [...start, ...replies.responsesIncomplete('content_filter')]), ['', 'content_filter']);
});

t.test('failures inside a stream that began well carry their own code', async (t) => {
  const fail = async (api: 'chat' | 'responses', items: readonly replies.StreamItem[]) =>
    collect((await setUp(t, { api }, [stream(items)])).model, ask);
  const start = replies.responsesStart();
  await t.rejects(fail('responses', [...start, ...replies.responsesFailed('rate_limit_exceeded', 'Slow down')]), {
    code: 'LLM_RATE_LIMITED',
  });
  await t.rejects(fail('responses', [...start, ...replies.responsesFailed('invalid_prompt', 'No')]), { code: 'LLM_REJECTED' });
  await t.rejects(
    fail('responses', [...start, { data: { type: 'error', code: 'server_error', message: 'Oops', param: null, sequence_number: 2 } }]),
    { code: 'LLM_UNAVAILABLE' },
  );
  await t.rejects(fail('chat', [...replies.chatText(['a']), { data: { error: { code: 502, message: 'Upstream died' } } }]), {
    code: 'LLM_UNAVAILABLE',
    message: /Upstream died/,
  });
});

t.test('the key never gets into an error', async (t) => {
  const echo = replies.errorReply(400, { message: 'bad header: Bearer sk-secret-9 rejected' });
  const { model } = await setUp(t, { apiKey: 'sk-secret-9' }, [echo]);
  const error = (await collect(model, ask).then(
    () => undefined,
    (reason: unknown) => reason,
  )) as Error;
  t.match(error, { code: 'LLM_REJECTED' });
  t.notMatch(`${error.message} ${JSON.stringify(error)} ${String(error.cause)}`, 'sk-secret-9');
});

t.test('a limited rate is waited out as the headers say, then the answer comes once (LLM-03)', async (t) => {
  const clock = createSteeredClock();
  const limited = replies.errorReply(
    429,
    { message: 'Rate limit', code: 'rate_limit_exceeded' },
    { 'x-ratelimit-reset-requests': '1.5s', 'x-ratelimit-reset-tokens': '250ms' },
  );
  const { peer, model } = await setUp(t, { maxRetries: 1, idleTimeoutMs: 3_600_000 }, [limited, chatAnswer], clock);
  const run = collect(model, ask);
  // The idle timer comes first; the wait is the timer that stands after it has gone.
  while ((await clock.untilPending()) !== 1_500) await new Promise((resolve) => setImmediate(resolve));
  t.equal(peer.requests.length, 1);
  await clock.advance(1_500);
  t.equal(joinText(await run), 'ok');
  t.equal(peer.requests.length, 2);
});

t.test('a provider that falls silent in mid-answer is given up, and its connection closed (LLM-02)', async (t) => {
  for (const [api, items] of [
    ['chat', replies.chatText(['a'])],
    ['responses', [...replies.responsesStart(), ...replies.responsesText(['a']).slice(0, 3)]],
  ] as const) {
    const { peer, model } = await setUp(t, { api, idleTimeoutMs: 100, maxRetries: 3 }, [stream([...items, { stall: true }])]);
    const arrived = peer.nextRequest();
    await t.rejects(collect(model, ask), { code: 'LLM_TIMEOUT', message: /100 ms.*llms\.main\.idle_timeout_ms/ });
    await (await arrived).aborted;
    t.equal(peer.requests.length, 1, 'not tried again after the first token');
  }
});

t.test('files: images by address or inline, text inline, PDF as a document, the rest by name (LLM-12)', async (t) => {
  const parts: SessionPart[] = [
    { type: 'text', text: 'See:' },
    { type: 'file', url: 'https://x.test/a.png' },
    { type: 'file', raw: 'iVBORw==', mediaType: 'image/png' },
    { type: 'file', raw: Buffer.from('a,b').toString('base64'), mediaType: 'text/csv', filename: 't.csv' },
    { type: 'file', raw: 'JVBERg==', mediaType: 'application/pdf', filename: 'd.pdf' },
    { type: 'file', raw: 'AAAA', mediaType: 'audio/wav', filename: 's.wav' },
    { type: 'data', data: { n: 1 } },
  ];
  const request = { ...ask, system: '', messages: [{ ...userMessage(''), parts }] };
  const chat = await setUp(t, {}, [chatAnswer]);
  await collect(chat.model, request);
  t.same(inputOf(chat.peer.requests[0])[0]?.content, [
    { type: 'text', text: 'See:' },
    { type: 'image_url', image_url: { url: 'https://x.test/a.png' } },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw==' } },
    { type: 'text', text: 'File t.csv:\na,b' },
    { type: 'file', file: { filename: 'd.pdf', file_data: 'data:application/pdf;base64,JVBERg==' } },
    { type: 'text', text: '[attached file s.wav (audio/wav), not readable here]' },
    { type: 'text', text: '{"n":1}' },
  ]);
  const responses = await setUp(t, { api: 'responses' }, [responsesAnswer]);
  await collect(responses.model, request);
  t.same(inputOf(responses.peer.requests[0])[0]?.content?.slice(1, 3), [
    { type: 'input_image', image_url: 'https://x.test/a.png', detail: 'auto' },
    { type: 'input_image', image_url: 'data:image/png;base64,iVBORw==', detail: 'auto' },
  ]);
  const large = {
    ...ask,
    messages: [{ ...userMessage(''), parts: [{ type: 'file' as const, raw: 'A'.repeat(29 * 1024 * 1024), mediaType: 'image/png' }] }],
  };
  await t.rejects(collect(chat.model, large), { code: 'LLM_REJECTED', message: /at most 20971520/ });
});

t.test('a setting that the model refuses is left out from then on, whatever the model is called (W-61)', async (t) => {
  const refuse = (param: string) => replies.errorReply(400, { message: `Unsupported: ${param}`, code: 'unsupported_parameter', param });
  const request = { ...ask, output: { name: 'city', strict: true, schema: { type: 'object' } } };
  for (const [api, limit, format, answer] of [
    ['chat', 'max_tokens', 'response_format', chatAnswer],
    ['responses', 'max_output_tokens', 'text.format.schema', responsesAnswer],
  ] as const) {
    const refusals = [refuse('temperature'), ...(api === 'chat' ? [refuse('max_tokens')] : []), refuse(format)];
    const { peer, model } = await setUp(t, { api, model: 'brand-new', temperature: 1, maxTokens: 9 }, [...refusals, answer, answer]);
    t.equal(joinText(await collect(model, request)), 'ok');
    t.equal(joinText(await collect(model, request)), 'ok');
    t.equal(peer.requests.length, refusals.length + 2, 'asked once each, then known');
    const body = peer.requests.at(-1)?.body ?? {};
    t.notOk('temperature' in body || 'response_format' in body || 'text' in body);
    t.equal(body[api === 'chat' ? 'max_completion_tokens' : limit], 9);
    t.match(JSON.stringify(body), /fits this JSON Schema/, 'the schema is asked for in words');
  }
  const { peer, model } = await setUp(t, { temperature: 1 }, [refuse('messages')]);
  await t.rejects(collect(model, ask), { code: 'LLM_REJECTED' });
  t.equal(peer.requests.length, 1, 'what the request cannot go without is no setting');
});

t.test('a thinking budget becomes an effort, with a summary (LLM-11)', async (t) => {
  for (const [budgetTokens, effort] of [
    [1024, 'low'],
    [1025, 'medium'],
    [8192, 'medium'],
    [8193, 'high'],
  ] as const) {
    const { peer, model } = await setUp(t, { api: 'responses', thinking: { enabled: true, budgetTokens } }, [responsesAnswer]);
    await collect(model, ask);
    t.same(peer.requests[0]?.body.reasoning, { effort, summary: 'auto' });
    const chat = await setUp(t, { api: 'chat', thinking: { enabled: true, budgetTokens } }, [chatAnswer]);
    await collect(chat.model, ask);
    t.equal(chat.peer.requests[0]?.body.reasoning_effort, effort);
  }
});

t.test('strict mode only for schemas that it knows; open objects are closed (LLM-12)', async (t) => {
  const city = { type: 'object', properties: { city: { type: 'string', enum: ['a'] } }, required: ['city'] };
  const formatOf = async (output: { strict: boolean; schema: JsonObject }) => {
    const { peer, model } = await setUp(t, { api: 'responses' }, [responsesAnswer]);
    await collect(model, { ...ask, output: { name: 'an answer', ...output } });
    return (peer.requests[0]?.body.text as { format?: unknown } | undefined)?.format;
  };
  t.same(await formatOf({ strict: true, schema: city }), {
    ...{ type: 'json_schema', name: 'an_answer', strict: true },
    schema: { ...city, additionalProperties: false },
  });
  for (const schema of [{ ...city, required: [] }, { type: 'object' }, { ...city, additionalProperties: { type: 'string' } }])
    t.match(await formatOf({ strict: true, schema }), { strict: false, schema });
  t.match(await formatOf({ strict: false, schema: city }), { strict: false, schema: city });
});

t.test('the SDK takes nothing from the environment', async (t) => {
  const saved = { ...process.env };
  Object.assign(process.env, {
    OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    OPENAI_ORG_ID: 'org-x',
    OPENAI_PROJECT_ID: 'proj-x',
    OPENAI_API_KEY: 'sk-environment',
  });
  t.teardown(() => {
    process.env = saved;
  });
  const { peer, model } = await setUp(t, {}, [chatAnswer]);
  await collect(model, ask);
  const headers = peer.requests[0]?.headers ?? {};
  t.equal(headers.authorization, 'Bearer sk-test');
  t.equal(headers['openai-organization'], undefined);
  t.equal(headers['openai-project'], undefined);
});
