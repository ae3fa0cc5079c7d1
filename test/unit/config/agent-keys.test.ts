import t from 'tap';
import type { JsonObject } from '../../../src/base/json.js';
import { listAgentsAbove } from '../../../src/config/agent-graph.js';
import { loadSettings } from '../../../src/config/load-settings.js';

const load = (agents: JsonObject, more: JsonObject = {}) => loadSettings({ document: { agents, ...more }, environment: {} });
const problemsOf = (agents: JsonObject, more: JsonObject = {}) => {
  try {
    load(agents, more);
    return [];
  } catch (error) {
    return (error as { problems: readonly { field: string; description: string }[] }).problems;
  }
};

t.test('context, prompt, output and limits of an agent have their defaults (CFG-40, AGT-10, AGT-60)', async (t) => {
  const { a } = load({ a: {} }).agents;
  t.match(a, {
    context: { strategy: 'none', windowSize: 20, budget: 8_000, threshold: 0.85, target: 0.7, preserveRecent: 5, summarizerLlm: undefined },
    globalInstruction: '',
    prompt: { role: '', guidance: '', systemPrompt: undefined },
    limits: { maxTokens: undefined, maxCost: undefined, maxDurationMs: undefined },
    structuredOutput: undefined,
    outputKey: undefined,
    includeContents: 'default',
    reasoning: { showThinking: true },
  });
  const { b } = load({ b: { structured_output: { schema: { type: 'object' } }, limits: { max_duration: '5m' } } }).agents;
  t.match(b, { structuredOutput: { name: 'response', strict: true, maxRepairs: 2 }, limits: { maxDurationMs: 300_000 } });
});

t.test('global instructions come from the top of the tree (AGT-10)', async (t) => {
  const { agents } = load({ leaf: {}, top: { sub_agents: ['middle'] }, middle: { type: 'sequential', sub_agents: ['leaf'] }, other: {} });
  t.same(listAgentsAbove(agents, 'leaf'), ['top', 'middle']);
  t.same(listAgentsAbove(agents, 'other'), []);
});

t.test('what cannot be is told with its path (CFG-45, CFG-90, CFG-92)', async (t) => {
  t.match(problemsOf({ a: { context: { summarizer_llm: 'nobody' } } }), [
    { field: 'agents.a.context.summarizer_llm', description: /there is no 'nobody' in 'llms'/ },
  ]);
  t.match(problemsOf({ a: { context: { threshold: 0.5, target: 0.5 } } }), [
    { field: 'agents.a.context.target', description: /the value is 0\.5; wanted less than threshold, which is 0\.5/ },
  ]);
  t.match(problemsOf({ a: { structured_output: { schema: { type: 'nothing' } } } }), [
    { field: 'agents.a.structured_output.schema', description: /this is no JSON Schema/ },
  ]);
  t.match(problemsOf({ a: { input_schema: { type: 'array' } } }), [{ field: 'agents.a.input_schema.type', description: /wanted object/ }]);
  t.match(problemsOf({ a: { output_key: '_hector_x' } }), [{ field: 'agents.a.output_key', description: /belong to the program/ }]);
  t.match(problemsOf({ a: { limits: { max_cost: 1 } } }, { llms: { main: { provider: 'offline' } } }), [
    { field: 'agents.a.limits.max_cost', description: /set llms\.main\.price/ },
  ]);
  t.same(problemsOf({ a: { limits: { max_cost: 1 } } }, { llms: { main: { provider: 'offline', price: { input: 1, output: 1 } } } }), []);
});
