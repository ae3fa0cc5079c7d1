import t from 'tap';
import { summaryKey } from '../../../../src/agents/llm/fit-context.js';
import { AppError } from '../../../../src/base/errors.js';
import { countMessages, estimateTokens } from '../../../../src/memory/count-tokens.js';
import type { SessionMessage } from '../../../../src/tasks/session-message.js';
import { userMessage } from '../../../contract/language-model.js';
import { countingTool } from '../../../support/counting-tool.js';
import { createTestAgent } from '../../../support/llm-agent.js';
import { createScriptedModel } from '../../../support/scripted-llm.js';
import { TestRun } from '../../../support/test-run.js';
import { contextSettings } from '../../../support/test-settings.js';

const said = (role: 'user' | 'agent', index: number, text = `${role} ${index} ${'x'.repeat(100)}`): SessionMessage => ({
  id: `${role}-${index}`,
  role,
  author: role === 'user' ? 'user' : 'helper',
  parts: [{ type: 'text', text }],
  createdAt: index,
});
const conversation = (turns: number) => Array.from({ length: turns }, (_, index) => [said('user', index), said('agent', index)]).flat();
const texts = (messages: readonly SessionMessage[]) =>
  messages.map(({ parts: [part] }) => (part?.type === 'text' ? part.text : part?.type));
const countTokens = countMessages(estimateTokens);
const summaryBuffer = { context: contextSettings({ strategy: 'summary_buffer', budget: 600 }) };

t.test('none: the model reads the whole session (AGT-50)', async (t) => {
  const model = createScriptedModel(t, [{ expect: ({ messages }) => t.equal(messages.length, 61), say: ['Done'] }]);
  const run = new TestRun([...conversation(30), userMessage('Go on')]);
  await run.toRest(createTestAgent(model, {}, { context: contextSettings({ strategy: 'none' }) }));
  t.equal(run.last.type, 'finished');
});

t.test('buffer_window: the model reads the last messages, whole answers of them, and the question (AGT-51, AGT-55)', async (t) => {
  const tool = countingTool('look', 'pure');
  const model = createScriptedModel(t, [
    { expect: ({ messages }) => t.equal(messages.length, 4), say: [{ call: { name: 'look' } }, { call: { name: 'look' } }] },
    {
      expect: ({ messages }) =>
        t.same(
          messages.map(({ role }) => role),
          ['user', 'agent', 'user', 'agent', 'tool'].slice(2),
          'the question, and the calls with their results',
        ),
      say: ['Done'],
    },
  ]);
  const settings = { context: contextSettings({ strategy: 'buffer_window', windowSize: 4 }) };
  const agent = createTestAgent(model, { tools: [tool] }, { context: { ...settings.context, windowSize: 4 } });
  const run = new TestRun([...conversation(10), userMessage('Go')]);
  // Four messages, of which the first is no user's: the one before it comes along.
  await run.step(
    createTestAgent(createScriptedModel(t, [{ expect: ({ messages }) => t.equal(messages[0]?.role, 'user'), say: ['x'] }]), {}, settings),
  );
  const own = new TestRun([...conversation(1), userMessage('Go')]);
  await own.step(createTestAgent(createScriptedModel(t, [{ say: ['x'] }]), {}, settings));
  const long = new TestRun([said('user', 1), said('agent', 1), said('user', 2), userMessage('Go')]);
  await long.step(agent);
  await long.step(createTestAgent(model, { tools: [tool] }, { context: contextSettings({ strategy: 'buffer_window', windowSize: 1 }) }));
  t.equal(long.last.type, 'finished');
});

t.test('summary_buffer: old messages become one summary that is kept, and recent ones stay (AGT-53, W-94)', async (t) => {
  const summarizer = createScriptedModel(t, [
    {
      expect: ({ messages, maxTokens }) => {
        t.match(texts(messages)[0], /User: user 0 x+\nhelper: agent 0/);
        t.equal(maxTokens, 84);
      },
      say: ['They counted.'],
      usage: { inputTokens: 100, outputTokens: 5 },
    },
  ]);
  const model = createScriptedModel(t, [
    {
      expect: ({ messages }) => {
        t.equal(texts(messages)[0], 'Previous conversation summary: They counted.');
        t.equal(texts(messages).at(-1), 'And now?');
        t.ok(messages.length >= 11 && messages.length < 20, `${messages.length} messages`);
      },
      say: ['Nothing.'],
      usage: { inputTokens: 10, outputTokens: 1 },
    },
    { expect: ({ messages }) => t.equal(texts(messages)[0], 'Previous conversation summary: They counted.'), say: ['Still nothing.'] },
  ]);
  const agent = createTestAgent(model, { countTokens, summarizer: { llm: 'small', model: summarizer } }, summaryBuffer);
  const run = new TestRun([...conversation(12), userMessage('And now?')]);
  await run.toRest(agent);
  t.match(run.last, { type: 'finished', statusMetadata: { 'hector:usage': { input_tokens: 110, output_tokens: 6 } } });
  t.match(run.state[summaryKey('helper')], { text: 'They counted.', up_to: /^agent-/ });
  // The next run, another worker: the summary is in the state, and nobody makes it again.
  const next = new TestRun([...run.history, userMessage('And then?')]);
  next.state = JSON.parse(JSON.stringify(run.state)) as typeof run.state;
  await next.toRest(agent);
  t.equal(next.last.type, 'finished');
});

t.test('a summariser that fails costs neither the run nor a second try in it (AGT-53)', async (t) => {
  const summarizer = createScriptedModel(t, [{ say: [{ error: new AppError('LLM_UNAVAILABLE') }] }]);
  const tool = countingTool('look', 'pure');
  const model = createScriptedModel(t, [
    { expect: ({ messages }) => t.ok(messages.length < 25 && texts(messages).at(-1) === 'Go'), say: [{ call: { name: 'look' } }] },
    { say: ['Done'] },
  ]);
  const agent = createTestAgent(model, { tools: [tool], countTokens, summarizer: { llm: 'small', model: summarizer } }, summaryBuffer);
  const run = new TestRun([...conversation(12), userMessage('Go')]);
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.equal(run.control['summaryFailed'], true);
  t.same(run.state, {});
});

t.test('a summary costs what the model costs that made it, also when a later piece of it fails (AGT-53)', async (t) => {
  const findPrice = (llm: string) => ({ input: llm === 'spare' ? 1_000 : 1, output: 0, cached: 0, cacheWrite: 0 });
  const byAnother = createScriptedModel(t, []);
  Object.assign(byAnother, {
    async *generate() {
      yield { type: 'text', text: 'They counted.' };
      const usage = { inputTokens: 1_000, outputTokens: 0 };
      yield { type: 'finish', reason: 'stop', usage, answeredBy: { llm: 'spare', provider: 'scripted', model: 'spare' } };
    },
  });
  const priced = new TestRun([...conversation(12), userMessage('Go')]);
  const answer = createScriptedModel(t, [{ say: ['Done'] }]);
  await priced.toRest(createTestAgent(answer, { countTokens, findPrice, summarizer: { llm: 'small', model: byAnother } }, summaryBuffer));
  t.match(priced.last, { type: 'finished', statusMetadata: { 'hector:usage': { input_tokens: 1_000, cost: 1 } } });

  const failing = createScriptedModel(t, [
    { say: ['They counted.'], usage: { inputTokens: 100, outputTokens: 5 } },
    { say: [], usage: { inputTokens: 50, outputTokens: 0 } },
  ]);
  const long = Array.from({ length: 30 }, (_, index) => said(index % 2 === 0 ? 'user' : 'agent', index, 'x'.repeat(4_000)));
  const run = new TestRun([...long, userMessage('Go')]);
  const model = createScriptedModel(t, [{ say: ['Done'], usage: { inputTokens: 10, outputTokens: 1 } }]);
  await run.toRest(createTestAgent(model, { countTokens, summarizer: { llm: 'small', model: failing } }, summaryBuffer));
  t.match(run.last, { type: 'finished', statusMetadata: { 'hector:usage': { input_tokens: 160, output_tokens: 6 } } });
  t.equal(run.control['summaryFailed'], true);
});

t.test('include_contents none: the model reads its own run alone (AGT-15)', async (t) => {
  const model = createScriptedModel(t, [{ expect: ({ messages }) => t.same(texts(messages), ['Go']), say: ['Done'] }]);
  const run = new TestRun([...conversation(3).map((message) => ({ ...message, createdAt: -1 })), userMessage('Go')]);
  await run.toRest(createTestAgent(model, {}, { includeContents: 'none' }));
  t.equal(run.last.type, 'finished');
});
