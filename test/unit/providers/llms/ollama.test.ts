import t from 'tap';
import type { LlmSettings } from '../../../../src/config/settings.js';
import type { ModelRequest } from '../../../../src/providers/llms/contract.js';
import { collect, type HarnessTest, userMessage } from '../../../contract/language-model.js';
import { ASK, setUp, streamed } from '../../../contract/provider-wire.js';
import { ollamaWire } from '../../../contract/wires/ollama.js';
import { ollamaCalls, ollamaEnd } from '../../../support/peers/ollama-peer.js';
import { agentMessage, callPart, LOOK_UP, resultMessage } from '../../../support/tool-session.js';

const ok = streamed(ollamaWire.text(['ok']));

async function requestFor(t: HarnessTest, settings: Partial<LlmSettings>, request: Partial<ModelRequest> = {}) {
  const { peer, model } = await setUp(t, ollamaWire, [ok], { settings });
  await collect(model, { ...ASK, ...request });
  return { body: peer.requests[0]?.body ?? {}, headers: peer.requests[0]?.headers ?? {} };
}

t.test('a request with every option (LLM-40)', async (t) => {
  const ollama = { keepAlive: '10m', topP: 0.9, topK: 40, numCtx: 8192, seed: 7, stop: ['END'] };
  const messages = [userMessage('One?'), agentMessage({ type: 'thinking', text: 'Hm.' }, callPart('hector-1')), resultMessage('hector-1')];
  const { body } = await requestFor(t, { temperature: 0, maxTokens: 50, ollama }, { messages, tools: [LOOK_UP] });
  t.same(body, {
    model: 'qwen3',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: '', thinking: 'Hm.', tool_calls: [{ function: { name: 'look_up', arguments: { word: 'x' } } }] },
      { role: 'tool', tool_name: 'look_up', content: 'found' },
    ],
    stream: true,
    keep_alive: '10m',
    options: { temperature: 0, num_predict: 50, top_p: 0.9, top_k: 40, num_ctx: 8192, seed: 7, stop: ['END'] },
    tools: [{ type: 'function', function: LOOK_UP }],
  });
});

t.test('thinking is asked for, refused, or left to the model; gpt-oss takes an effort (LLM-40)', async (t) => {
  const think = async (settings: Partial<LlmSettings>) => (await requestFor(t, settings)).body.think;
  t.equal(await think({}), undefined);
  t.equal(await think({ thinking: { enabled: true, budgetTokens: 1024 } }), true);
  t.equal(await think({ thinking: { enabled: false, budgetTokens: 1024 } }), false);
  t.equal(await think({ model: 'gpt-oss:20b', thinking: { enabled: true, budgetTokens: 9000 } }), 'high');
});

t.test('an answer that must fit a schema has it as its format, but not beside tools (LLM-40, AGT-60)', async (t) => {
  const output = { name: 'response', strict: true, schema: LOOK_UP.parameters };
  t.same((await requestFor(t, {}, { output })).body.format, LOOK_UP.parameters);
  t.notOk('format' in (await requestFor(t, {}, { output, tools: [LOOK_UP] })).body);
});

t.test('an image is what was sent, even if its text is a path of this machine', async (t) => {
  const parts = [{ type: 'file' as const, raw: '/etc/hosts', mediaType: 'image/png', filename: 'a.png' }];
  const { body } = await requestFor(t, {}, { messages: [{ ...userMessage(''), parts }] });
  t.same((body.messages as readonly object[])[1], { role: 'user', content: '', images: ['/etc/hosts'] });
});

t.test('ids of calls that begin anew in every answer are not passed on (AGT-06, W-63)', async (t) => {
  const calls = [
    { id: 'x', name: 'look_up', pieces: ['{"word":"a"}'] },
    { id: 'x', name: 'look_up', pieces: ['{"word":"b"}'] },
  ];
  const { model } = await setUp(t, ollamaWire, [streamed([...ollamaCalls(calls), ollamaEnd()])]);
  t.match(await collect(model, { ...ASK, tools: [LOOK_UP] }), [
    { id: '', arguments: { word: 'a' } },
    { id: '', arguments: { word: 'b' } },
    { type: 'finish', reason: 'tool_calls' },
  ]);
});

t.test('arguments as text are read; what is no object is told (AGT-07)', async (t) => {
  const call = (given: unknown) => ({
    data: {
      model: 'qwen3',
      message: { role: 'assistant', content: '', tool_calls: [{ function: { name: 'look_up', arguments: given } }] },
      done: false,
    },
  });
  const { model } = await setUp(t, ollamaWire, [streamed([call('{"word":"a"}'), call('{"word'), call(null), ollamaEnd('length')])]);
  t.match(await collect(model, { ...ASK, tools: [LOOK_UP] }), [
    { arguments: { word: 'a' } },
    { arguments: {}, invalidArguments: '{"word' },
    { arguments: {} },
    { type: 'finish', reason: 'length' },
  ]);
});

t.test('without a key there is no authorization', async (t) => {
  t.equal((await requestFor(t, { apiKey: '' })).headers.authorization, undefined);
  t.equal((await requestFor(t, {})).headers.authorization, 'Bearer sk-test-123456');
});
