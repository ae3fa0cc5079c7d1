import t from 'tap';
import { userMessage } from '../../../contract/language-model.js';
import { countingTool } from '../../../support/counting-tool.js';
import { createTestAgent } from '../../../support/llm-agent.js';
import { createScriptedModel, type ScriptedTurn } from '../../../support/scripted-llm.js';
import { createSteeredClock } from '../../../support/steered-clock.js';
import { TestRun } from '../../../support/test-run.js';

const look: ScriptedTurn = { say: [{ call: { name: 'look' } }], usage: { inputTokens: 60, outputTokens: 40 } };
const none = { maxTokens: undefined, maxCost: undefined, maxDurationMs: undefined };

t.test('max_tokens ends a run between steps, whichever worker takes the next one', async (t) => {
  const model = createScriptedModel(t, [look, look]);
  const tools = [countingTool('look', 'pure')];
  const settings = { limits: { ...none, maxTokens: 150 } };
  const run = new TestRun([userMessage('Go')]);
  await run.step(createTestAgent(model, { tools }, settings));
  // What was used is in the log, not in a worker.
  await run.toRest(createTestAgent(model, { tools }, settings));
  t.match(run.last, {
    type: 'failed',
    statusMessage: {
      parts: [{ text: 'The run was ended after 2 model calls: it has used 200 of 150 tokens (agents.helper.limits.max_tokens)' }],
    },
  });
  t.equal(model.requests.length, 2);
});

t.test('max_cost counts by the price of the model', async (t) => {
  const model = createScriptedModel(t, [look, look]);
  const findPrice = (llm: string) => (llm === 'main' ? { input: 1_000, output: 2_000, cached: 0, cacheWrite: 0 } : undefined);
  const agent = createTestAgent(model, { tools: [countingTool('look', 'pure')], findPrice }, { limits: { ...none, maxCost: 0.2 } });
  const run = new TestRun([userMessage('Go')]);
  await run.toRest(agent);
  t.match(run.last, {
    type: 'failed',
    statusMessage: { parts: [{ text: /it has cost 0\.28 of 0\.2 \(agents\.helper\.limits\.max_cost\)/ }] },
  });
});

t.test('what a run has cost is told with its tokens', async (t) => {
  const model = createScriptedModel(t, [{ say: ['Hi'], usage: { inputTokens: 1_000, outputTokens: 500 } }]);
  const findPrice = () => ({ input: 1, output: 2, cached: 0, cacheWrite: 0 });
  const run = new TestRun([userMessage('Go')]);
  await run.toRest(createTestAgent(model, { findPrice }));
  t.match(run.last, { statusMetadata: { 'hector:usage': { input_tokens: 1_000, output_tokens: 500, cost: 0.002 } } });
});

t.test('max_duration counts the work of all steps, not the waits between them', async (t) => {
  const clock = createSteeredClock();
  const slow = countingTool('look', 'pure', {}, async () => {
    await clock.advance(600);
    return { content: 'seen' };
  });
  const model = createScriptedModel(t, [look, look]);
  const agent = createTestAgent(model, { tools: [slow], clock }, { limits: { ...none, maxDurationMs: 1_000 } });
  const run = new TestRun([userMessage('Go')]);
  await run.step(agent);
  await clock.advance(3_600_000);
  await run.toRest(agent);
  t.match(run.last, { type: 'failed', statusMessage: { parts: [{ text: /it has worked for 1200 of 1000 ms/ }] } });
});
