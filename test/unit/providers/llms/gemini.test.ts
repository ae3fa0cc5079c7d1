import t from 'tap';
import type { LlmSettings } from '../../../../src/config/settings.js';
import type { ModelRequest } from '../../../../src/providers/llms/contract.js';
import type { SessionPart } from '../../../../src/tasks/session-message.js';
import { collect, type HarnessTest, joinText, userMessage } from '../../../contract/language-model.js';
import { ASK, setUp, streamed } from '../../../contract/provider-wire.js';
import { geminiWire } from '../../../contract/wires/gemini.js';
import { geminiCalls, geminiChunk, geminiEnd } from '../../../support/peers/gemini-peer.js';
import { agentMessage, callPart, LOOK_UP, resultMessage } from '../../../support/tool-session.js';

const THIRD = 'gemini-3-pro-preview';
const ok = streamed(geminiWire.text(['ok']));

async function requestFor(t: HarnessTest, settings: Partial<LlmSettings>, request: Partial<ModelRequest> = {}) {
  const { peer, model } = await setUp(t, geminiWire, [ok], { settings });
  await collect(model, { ...ASK, ...request });
  const sent = peer.requests[0];
  return {
    path: sent?.path,
    headers: sent?.headers ?? {},
    body: sent?.body ?? {},
    contents: (sent?.body.contents ?? []) as readonly { parts: readonly object[] }[],
  };
}

t.test('a request: schemas of tools stay whole, results carry the name of their call (LLM-30, W-62)', async (t) => {
  const messages = [
    userMessage('One?'),
    agentMessage(callPart('hector-1'), callPart('abc12')),
    { ...resultMessage('hector-1'), parts: [...resultMessage('hector-1').parts, ...resultMessage('abc12', { isError: true }).parts] },
  ];
  const { body, path } = await requestFor(t, { temperature: 0.2, maxTokens: 50 }, { messages, tools: [LOOK_UP] });
  t.equal(path, '/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse');
  t.same(body, {
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    contents: [
      { role: 'user', parts: [{ text: 'One?' }] },
      {
        role: 'model',
        parts: [
          { functionCall: { name: 'look_up', args: { word: 'x' } } },
          { functionCall: { id: 'abc12', name: 'look_up', args: { word: 'x' } } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'look_up', response: { output: 'found' } } },
          { functionResponse: { id: 'abc12', name: 'look_up', response: { error: 'found' } } },
        ],
      },
    ],
    tools: [{ functionDeclarations: [{ name: 'look_up', description: 'Looks up', parametersJsonSchema: LOOK_UP.parameters }] }],
    generationConfig: { temperature: 0.2, maxOutputTokens: 50 },
  });
});

t.test('base_url is used, with or without the version in it (W-62)', async (t) => {
  const { peer, model } = await setUp(t, geminiWire, [ok]);
  await collect(model, ASK);
  const again = await setUp(t, geminiWire, [], { settings: { baseUrl: `${peer.url}/v1beta` } });
  peer.script(ok);
  await collect(again.model, ASK);
  t.equal(peer.requests.length, 2);
});

t.test('thinking has its budget and shows itself; flash can do without (LLM-30)', async (t) => {
  const config = async (settings: Partial<LlmSettings>) =>
    (await requestFor(t, settings)).body.generationConfig as { thinkingConfig?: object } | undefined;
  const off = { enabled: false, budgetTokens: 1024 };
  t.same((await config({ thinking: { enabled: true, budgetTokens: 2048 } }))?.thinkingConfig, {
    includeThoughts: true,
    thinkingBudget: 2048,
  });
  t.same((await config({ thinking: off, model: 'gemini-2.5-flash' }))?.thinkingConfig, { thinkingBudget: 0 });
  t.equal((await config({ thinking: off }))?.thinkingConfig, undefined, 'pro always thinks');
});

t.test('signatures go back where they stood, and only to the model that made them (LLM-30, AGT-12)', async (t) => {
  const items = [
    geminiChunk([{ text: 'Let me see.' }, { text: '', thoughtSignature: 'dGV4dA==' }]),
    geminiCalls(
      [
        { id: '', name: 'look_up', pieces: ['{}'] },
        { id: '', name: 'look_up', pieces: ['{}'] },
      ],
      'Y2FsbA==',
    ),
    geminiEnd(),
  ];
  const { model } = await setUp(t, geminiWire, [streamed(items)], { settings: { model: THIRD } });
  const signed = (await collect(model, { ...ASK, tools: [LOOK_UP] })).filter((event) => event.type === 'thinking');
  const [afterText, beforeCall] = signed as SessionPart[];
  const parts: SessionPart[] = [
    { type: 'text', text: 'Let me see.' },
    afterText as SessionPart,
    beforeCall as SessionPart,
    callPart('hector-1'),
    callPart('hector-2'),
  ];
  const results = { ...resultMessage('hector-1'), parts: [...resultMessage('hector-1').parts, ...resultMessage('hector-2').parts] };
  const messages = [userMessage('One?'), agentMessage(...parts), results];
  const call = { functionCall: { name: 'look_up', args: { word: 'x' } } };
  const sent = async (settings: Partial<LlmSettings>) => (await requestFor(t, settings, { messages, tools: [LOOK_UP] })).contents[1]?.parts;
  t.same(await sent({ model: THIRD }), [
    { text: 'Let me see.' },
    { text: '', thoughtSignature: 'dGV4dA==' },
    { ...call, thoughtSignature: 'Y2FsbA==' },
    call,
  ]);
  t.same(await sent({ model: 'gemini-3-flash' }), [
    { text: 'Let me see.' },
    { ...call, thoughtSignature: 'skip_thought_signature_validator' },
    call,
  ]);
  t.same(await sent({}), [{ text: 'Let me see.' }, call, call]);
});

t.test('structured output beside tools: the third generation takes a schema, older ones one more tool (AGT-60)', async (t) => {
  const request = { tools: [LOOK_UP], output: { name: 'response', strict: true, schema: LOOK_UP.parameters } };
  const third = await requestFor(t, { model: THIRD }, request);
  t.match(third.body.generationConfig, { responseMimeType: 'application/json', responseJsonSchema: LOOK_UP.parameters });
  t.notOk('toolConfig' in third.body);

  const answer = geminiCalls([{ id: '', name: 'give_final_answer', pieces: ['{"word":"x"}'] }]);
  const { peer, model } = await setUp(t, geminiWire, [streamed([answer, geminiEnd()])]);
  const events = await collect(model, { ...ASK, ...request });
  t.same(JSON.parse(joinText(events)), { word: 'x' });
  t.match(events.at(-1), { reason: 'stop' });
  t.same(peer.requests[0]?.body.toolConfig, { functionCallingConfig: { mode: 'ANY' } });
});

t.test('files: inline or by address; those of results inside of the response where that is known (LLM-30)', async (t) => {
  const files = [{ type: 'file' as const, raw: 'iVBORw==', mediaType: 'image/png' }];
  const messages = [
    { ...userMessage(''), parts: [{ type: 'file' as const, url: 'https://x.test/d.pdf' }, ...files] },
    agentMessage(callPart('hector-1')),
    resultMessage('hector-1', { files }),
  ];
  const image = { inlineData: { data: 'iVBORw==', mimeType: 'image/png' } };
  const second = await requestFor(t, {}, { messages, tools: [LOOK_UP] });
  t.same(second.contents[0]?.parts, [{ fileData: { fileUri: 'https://x.test/d.pdf', mimeType: 'application/pdf' } }, image]);
  const response = { name: 'look_up', response: { output: 'found' } };
  t.same(second.contents[2]?.parts, [{ functionResponse: response }]);
  t.same(second.contents[3]?.parts, [image]);
  const third = await requestFor(t, { model: THIRD }, { messages, tools: [LOOK_UP] });
  t.same(third.contents[2]?.parts, [{ functionResponse: { ...response, parts: [image] } }]);
});

t.test('how answers end; a refused prompt has no candidate', async (t) => {
  const end = async (items: Parameters<typeof streamed>[0]) => {
    const events = await collect((await setUp(t, geminiWire, [streamed(items)])).model, ASK);
    return (events.at(-1) as { readonly reason: string }).reason;
  };
  for (const [reason, wanted] of Object.entries({
    STOP: 'stop',
    MAX_TOKENS: 'length',
    SAFETY: 'content_filter',
    RECITATION: 'content_filter',
  }))
    t.equal(await end([geminiEnd(reason)]), wanted, reason);
  t.equal(await end([{ data: { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } } }]), 'content_filter');
});

t.test('the SDK takes nothing from the environment', async (t) => {
  const saved = { ...process.env };
  Object.assign(process.env, {
    GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:9',
    GOOGLE_API_KEY: 'key-environment',
    GEMINI_API_KEY: 'key-environment',
    GOOGLE_GENAI_USE_VERTEXAI: 'true',
    GOOGLE_GENAI_USE_ENTERPRISE: 'true',
    GOOGLE_CLOUD_PROJECT: 'project-environment',
    GOOGLE_CLOUD_LOCATION: 'europe-environment',
  });
  t.teardown(() => {
    process.env = saved;
  });
  const { headers, path } = await requestFor(t, { apiKey: '' });
  t.equal(headers['x-goog-api-key'], undefined);
  t.notMatch(`${path} ${JSON.stringify(headers)}`, 'environment');
});
