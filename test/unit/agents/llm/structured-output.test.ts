import t from 'tap';
import { createControlTools } from '../../../../src/agents/llm/control-tools.js';
import type { LanguageModel } from '../../../../src/providers/llms/contract.js';
import { userMessage } from '../../../contract/language-model.js';
import { countingTool } from '../../../support/counting-tool.js';
import { agentSettings, createTestAgent } from '../../../support/llm-agent.js';
import { createScriptedModel, type ScriptedTurn } from '../../../support/scripted-llm.js';
import { TestRun } from '../../../support/test-run.js';

const structuredOutput = {
  name: 'city',
  strict: true,
  maxRepairs: 2,
  schema: {
    type: 'object',
    properties: { name: { type: 'string' }, country: { type: 'string', default: 'France' } },
    required: ['name'],
    additionalProperties: false,
  },
} as const;

const setUp = (t: Parameters<typeof createScriptedModel>[0], turns: readonly ScriptedTurn[], changes: Partial<LanguageModel> = {}) => {
  const model = createScriptedModel(t, turns);
  const run = new TestRun([userMessage('Which city?')]);
  return { run, agent: createTestAgent(Object.assign(model, changes), {}, { structuredOutput, outputKey: 'city' }) };
};

t.test('the answer is a data part and the value of output_key; its text is not shown before (AGT-15, AGT-60)', async (t) => {
  const { run, agent } = setUp(
    t,
    [
      {
        expect: ({ output, system }) => {
          t.match(output, { name: 'city', strict: true });
          t.equal(system, 'Be kind.', 'the provider sees to it');
        },
        say: ['{"name":', '"Paris"}'],
      },
    ],
    { supportsOutputSchema: true },
  );
  const previews: string[] = [];
  await run.toRest(agent, { preview: (_, text) => previews.push(text) });
  t.same(run.parts, [{ data: { name: 'Paris', country: 'France' }, mediaType: 'application/json' }]);
  t.same(run.state, { city: { name: 'Paris', country: 'France' } });
  t.same(previews, []);
});

t.test('a provider without schemas is asked in words, and an answer that does not fit is repaired (AGT-60)', async (t) => {
  const { run, agent } = setUp(t, [
    {
      expect: ({ system }) => t.match(system, /JSON Schema[\s\S]*"country"/),
      say: ['It is Paris.'],
      usage: { inputTokens: 1, outputTokens: 1 },
    },
    {
      expect: ({ messages }) => {
        t.equal(messages.length, 3);
        t.match(messages[2]?.parts, [{ text: /does not fit the JSON Schema: it is no JSON/ }]);
      },
      say: ['{"town": "Paris"}'],
      usage: { inputTokens: 2, outputTokens: 2 },
    },
    {
      expect: ({ messages }) => t.match(messages[2]?.parts, [{ text: /'name'.*'town'|'town'.*'name'/ }]),
      say: ['```json\n{"name": "Paris"}\n```'],
      usage: { inputTokens: 3, outputTokens: 3 },
    },
  ]);
  await run.toRest(agent);
  t.match(run.last, { type: 'finished', statusMetadata: { 'hector:usage': { input_tokens: 6, output_tokens: 6 } } });
  t.equal(run.control['iteration'], 3, 'each try is a model call');
  t.match(run.parts, [{ data: { name: 'Paris' } }]);
  t.equal(run.history.length, 2, 'the session has the answer that fits alone');
});

t.test('an answer that never fits fails the run and says why (AGT-60)', async (t) => {
  const { run, agent } = setUp(t, [{ say: ['a'] }, { say: ['b'] }, { say: ['{}'] }]);
  await run.toRest(agent);
  t.match(run.last, { type: 'failed', statusMessage: { parts: [{ text: /structured_output\.schema after 3 tries: .*'name'/ }] } });
  t.same(run.parts, []);
});

function withExit(turns: readonly ScriptedTurn[], t: Parameters<typeof createScriptedModel>[0]) {
  const reasoning = { ...agentSettings({}).reasoning, enableExitTool: true };
  const tools = [...createControlTools({ reasoning, isInLoop: false, targets: [] }), countingTool('note', 'once')];
  const agent = createTestAgent(createScriptedModel(t, turns), { tools }, { structuredOutput, outputKey: 'city', reasoning });
  return { run: new TestRun([userMessage('Which city?')]), agent };
}
const exit = { call: { name: 'exit_loop', id: 'e' } };

t.test('an answer whose calls end the run is held against the schema too; they stand while it is repaired (AGT-02, AGT-60)', async (t) => {
  const { run, agent } = withExit([{ say: ['It is Paris.', exit] }, { say: ['{"name": "Paris"}'] }], t);
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.match(run.parts[0], { data: { name: 'Paris', country: 'France' }, mediaType: 'application/json' });
  t.same(run.state, { city: { name: 'Paris', country: 'France' } });
  t.same(Object.keys(run.results), ['e']);
  t.equal(run.control['iteration'], 2);
});

t.test('calls that end the run without an answer that fits fail it (AGT-60)', async (t) => {
  const { run, agent } = withExit([{ say: [exit] }, { say: [exit] }, { say: ['Paris', exit] }], t);
  await run.toRest(agent);
  t.match(run.last, { type: 'failed', statusMessage: { parts: [{ text: /structured_output\.schema after 3 tries/ }] } });
});

t.test('an answer that was committed before its calls ran is a value as well (AGT-15, AGT-60)', async (t) => {
  const { run, agent } = withExit([{ say: ['{"name": "Paris"}', exit, { call: { name: 'note' } }] }], t);
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.match(run.parts[0], { data: { name: 'Paris', country: 'France' } });
  t.same(run.state, { city: { name: 'Paris', country: 'France' } });
});
