import t from 'tap';
import type { LlmSettings } from '../../../../src/config/settings.js';
import type { ModelRequest } from '../../../../src/providers/llms/contract.js';
import { collect, type HarnessTest, joinText, userMessage } from '../../../contract/language-model.js';
import { ASK, setUp, streamed } from '../../../contract/provider-wire.js';
import { anthropicWire } from '../../../contract/wires/anthropic.js';
import * as replies from '../../../support/peers/anthropic-replies.js';
import { agentMessage, callPart, LOOK_UP, resultMessage } from '../../../support/tool-session.js';

const CACHED = { cache_control: { type: 'ephemeral' } };
const ok = streamed(anthropicWire.text(['ok']));
const thinks = { thinking: { enabled: true, budgetTokens: 2048 } };

async function bodyFor(t: HarnessTest, settings: Partial<LlmSettings>, request: Partial<ModelRequest> = {}) {
  const { peer, model } = await setUp(t, anthropicWire, [ok], { settings });
  await collect(model, { ...ASK, ...request });
  return { body: peer.requests[0]?.body ?? {}, headers: peer.requests[0]?.headers ?? {} };
}

t.test('a request with its cache points: tools, system, the last two ends of the user (LLM-20, LLM-21)', async (t) => {
  const messages = [userMessage('One?'), agentMessage(callPart('toolu_1')), resultMessage('toolu_1', { isError: true })];
  const { body, headers } = await bodyFor(t, { temperature: 0.2 }, { messages, tools: [LOOK_UP] });
  t.same(body, {
    model: 'claude-haiku-4-5',
    max_tokens: 4096,
    stream: true,
    temperature: 0.2,
    system: [{ type: 'text', text: 'Be brief.', ...CACHED }],
    tools: [{ name: 'look_up', description: 'Looks up', input_schema: LOOK_UP.parameters, ...CACHED }],
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'One?', ...CACHED }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look_up', input: { word: 'x' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'found', is_error: true, ...CACHED }] },
    ],
  });
  t.equal(headers['anthropic-version'], '2023-06-01');
  t.equal(headers['x-api-key'], 'sk-test-123456');
  t.equal(headers['anthropic-beta'], undefined);
  t.equal(headers.authorization, undefined);
});

t.test('thinking has its budget below max_tokens, no temperature, and goes on between tools (LLM-20, LLM-21)', async (t) => {
  const { body, headers } = await bodyFor(t, { ...thinks, temperature: 0.2 }, { tools: [LOOK_UP] });
  t.same(body.thinking, { type: 'enabled', budget_tokens: 2048 });
  t.notOk('temperature' in body);
  t.equal(headers['anthropic-beta'], 'interleaved-thinking-2025-05-14');
  t.same(
    (await bodyFor(t, thinks, { maxTokens: 1500 })).body.thinking,
    { type: 'enabled', budget_tokens: 1499 },
    'a smaller answer has less',
  );
  t.notOk('thinking' in (await bodyFor(t, thinks, { maxTokens: 500 })).body, 'too small an answer has none');
  t.notOk('thinking' in (await bodyFor(t, { thinking: { enabled: false, budgetTokens: 1 } })).body);
});

t.test('newer models think as they see fit, by effort, and take no temperature', async (t) => {
  for (const model of ['claude-opus-4-7', 'claude-sonnet-5', 'claude-opus-5-5', 'anthropic/claude-opus-4.8']) {
    const { body } = await bodyFor(t, { ...thinks, model, temperature: 0.2 });
    t.same(body.thinking, { type: 'adaptive', display: 'summarized' }, model);
    t.same(body.output_config, { effort: 'medium' }, model);
    t.notOk('temperature' in body, model);
  }
  t.same((await bodyFor(t, { model: 'claude-sonnet-5', thinking: { enabled: false, budgetTokens: 1 } })).body.thinking, {
    type: 'disabled',
  });
  t.equal((await bodyFor(t, { model: 'claude-3-7-sonnet-20250219', temperature: 2 })).body.temperature, 1, 'the range ends at 1');
});

t.test('a tool loop that another model began goes on without thinking, since it cannot be replayed (AGT-12)', async (t) => {
  const messages = [userMessage('One?'), agentMessage(callPart('call_1')), resultMessage('call_1')];
  t.notOk('thinking' in (await bodyFor(t, thinks, { messages, tools: [LOOK_UP] })).body);
  const asked = [...messages, userMessage('Two?', 'u2')];
  t.notOk('thinking' in (await bodyFor(t, thinks, { messages: asked, tools: [LOOK_UP] })).body, 'words behind a result end no loop');
  // An answer does.
  const answered = [...messages, agentMessage({ type: 'text', text: 'One.' }), userMessage('Two?', 'u2')];
  t.ok('thinking' in (await bodyFor(t, thinks, { messages: answered, tools: [LOOK_UP] })).body);
});

t.test('thinking that the provider hides is replayed too (AGT-12, LLM-20)', async (t) => {
  const hidden = [
    ...replies.messageStart(),
    ...replies.redactedBlock(0, 'EmwKAhgB'),
    ...replies.toolBlocks(1, [{ id: 'toolu_1', name: 'look_up', pieces: [] }]),
    ...replies.messageEnd('tool_use'),
  ];
  const { peer, model } = await setUp(t, anthropicWire, [streamed(hidden), ok], { settings: thinks });
  const request = { ...ASK, tools: [LOOK_UP] };
  const [thinking] = (await collect(model, request)).filter((event) => event.type === 'thinking');
  t.type(thinking?.signature, 'string');
  const messages = [
    ...ASK.messages,
    agentMessage({ type: 'thinking', text: '', signature: thinking?.signature ?? '' }, callPart('toolu_1')),
    resultMessage('toolu_1'),
  ];
  await collect(model, { ...request, messages });
  const sent = peer.requests[1]?.body.messages as readonly { readonly content: readonly unknown[] }[];
  t.same(sent[1]?.content[0], { type: 'redacted_thinking', data: 'EmwKAhgB' });
});

t.test('older models give structured output through a tool that nobody else sees (AGT-60)', async (t) => {
  const model = 'claude-sonnet-4-20250514';
  const answer = { id: 'toolu_9', name: 'give_final_answer', pieces: ['{"word":', '"x"}'] };
  const output = { name: 'response', strict: true, schema: LOOK_UP.parameters };
  const { peer, model: made } = await setUp(t, anthropicWire, [streamed(anthropicWire.calls([answer]))], { settings: { model } });
  const events = await collect(made, { ...ASK, output, tools: [LOOK_UP] });
  t.same(JSON.parse(joinText(events)), { word: 'x' });
  t.match(events.at(-1), { type: 'finish', reason: 'stop' });
  t.notOk(events.some((event) => event.type === 'tool_call'));
  const { tools, tool_choice } = peer.requests[0]?.body ?? {};
  t.same(tool_choice, { type: 'any', disable_parallel_tool_use: true });
  t.match(tools, [{ name: 'look_up' }, { name: 'give_final_answer', input_schema: LOOK_UP.parameters }]);

  const thinking = await setUp(t, anthropicWire, [ok], { settings: { model, ...thinks } });
  t.equal(thinking.model.supportsOutputSchema, false, 'a forced tool and thinking exclude each other');
  await collect(thinking.model, { ...ASK, output });
  t.match(JSON.stringify(thinking.peer.requests[0]?.body.system), /fits this JSON Schema/);
});

t.test('how answers end', async (t) => {
  const end = async (reason: string) => {
    const items = [...replies.messageStart(), ...replies.textBlock(0, ['x']), ...replies.messageEnd(reason)];
    const events = await collect((await setUp(t, anthropicWire, [streamed(items)])).model, ASK);
    return (events.at(-1) as { readonly reason: string }).reason;
  };
  const expected = {
    end_turn: 'stop',
    stop_sequence: 'stop',
    max_tokens: 'length',
    model_context_window_exceeded: 'length',
    refusal: 'content_filter',
  };
  for (const [reason, wanted] of Object.entries(expected)) t.equal(await end(reason), wanted, reason);
});

t.test('the SDK takes nothing from the environment', async (t) => {
  const saved = { ...process.env };
  Object.assign(process.env, {
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
    ANTHROPIC_API_KEY: 'sk-environment',
    ANTHROPIC_AUTH_TOKEN: 'token-environment',
  });
  t.teardown(() => {
    process.env = saved;
  });
  const { headers } = await bodyFor(t, { apiKey: '' });
  t.equal(headers['x-api-key'], undefined);
  t.notMatch(JSON.stringify(headers), 'environment');
});
