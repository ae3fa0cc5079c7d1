/** What a run has used: counted over all turns of its members, and told however it ends (AGT-03). */
import t from 'tap';
import type { Agent } from '../../../src/agents/agent.js';
import { createAgentTool } from '../../../src/agents/as-tool/create-agent-tool.js';
import { createTransferAgent } from '../../../src/agents/transfer/create-transfer-agent.js';
import { createParallelAgent } from '../../../src/agents/workflow/create-parallel-agent.js';
import { createSequenceAgent } from '../../../src/agents/workflow/create-sequence-agent.js';
import { systemClock } from '../../../src/base/clock.js';
import { AppError } from '../../../src/base/errors.js';
import type { JsonObject } from '../../../src/base/json.js';
import { failedWith } from '../../../src/steps/step-commit.js';
import { createTestAgent, taskRecord } from '../../support/llm-agent.js';
import { createScriptedModel, type ScriptedTurn } from '../../support/scripted-llm.js';
import { createSteeredClock } from '../../support/steered-clock.js';
import { reasoningSettings } from '../../support/test-settings.js';
import { scriptedAgent, userSays, WorkflowRun } from '../../support/workflow-run.js';

const none = { maxTokens: undefined, maxCost: undefined, maxDurationMs: undefined };
const used = (input: number, output: number) => ({ 'hector:usage': { input_tokens: input, output_tokens: output } });
const hi: ScriptedTurn = { say: ['Hi'], usage: { inputTokens: 60, outputTokens: 40 } };
const statusMessage = { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'why' }] } as const;
const reason = (text: string) => ({ type: 'failed', statusMessage: { parts: [{ text }] } });

const workflow = (type: 'loop' | 'sequential', members: readonly Agent[], maxIterations = 5, name = 'flow') =>
  createSequenceAgent({ name, type, members, maxIterations, clock: systemClock });
const transfer = (...agents: readonly Agent[]) =>
  createTransferAgent({
    name: agents[0]?.name ?? '',
    members: agents.map((agent) => ({ agent, name: agent.name, branch: agent.name, targets: agents.map(({ name }) => name) })),
    findMemberOf: () => undefined,
    clock: systemClock,
  });

t.test('limits of an agent hold for all its turns in a loop (AGT-03, AGT-32)', async (t) => {
  const model = createScriptedModel(t, [hi, hi]);
  const run = new WorkflowRun([userSays('Go')]);
  await run.toRest(workflow('loop', [createTestAgent(model, {}, { limits: { ...none, maxTokens: 150 } })]));
  t.match(run.last, {
    ...reason('The run was ended after 2 model calls: it has used 200 of 150 tokens (agents.helper.limits.max_tokens)'),
    statusMetadata: used(120, 80),
  });

  const dear = createScriptedModel(t, [hi]);
  const findPrice = () => ({ input: 1_000, output: 1_000, cached: 0, cacheWrite: 0 });
  const priced = new WorkflowRun([userSays('Go')]);
  await priced.toRest(workflow('loop', [createTestAgent(dear, { findPrice }, { limits: { ...none, maxCost: 0.1 } })]));
  t.match(priced.last, { type: 'failed', statusMessage: { parts: [{ text: /after 1 model calls: it has cost 0\.1 of 0\.1/ }] } });
});

t.test('max_duration holds for all turns, too (AGT-03)', async (t) => {
  const clock = createSteeredClock();
  const model = createScriptedModel(t, [hi, hi]);
  const generate = model.generate.bind(model);
  Object.assign(model, {
    async *generate(...args: Parameters<typeof generate>) {
      await clock.advance(600);
      yield* generate(...args);
    },
  });
  const run = new WorkflowRun([userSays('Go')]);
  await run.toRest(workflow('loop', [createTestAgent(model, { clock }, { limits: { ...none, maxDurationMs: 1_000 } })]));
  t.match(run.last, { type: 'failed', statusMessage: { parts: [{ text: /it has worked for 1200 of 1000 ms/ }] } });
});

t.test('a turn counts wherever it was: in a sequence of the loop, beside members that count nothing (AGT-03, AGT-30)', async (t) => {
  const model = createScriptedModel(t, [hi, hi]);
  const helper = createTestAgent(model, {}, { limits: { ...none, maxTokens: 150 } });
  const forgetful = scriptedAgent('other', [() => ({}), () => ({})]);
  const run = new WorkflowRun([userSays('Go')]);
  await run.toRest(workflow('loop', [workflow('sequential', [helper, forgetful], 0, 'inner')]));
  t.match(run.last, { type: 'failed', statusMessage: { parts: [{ text: /used 200 of 150 tokens/ }] }, statusMetadata: used(120, 80) });
});

t.test('limits of an agent hold for all its turns in a conversation that is handed over (AGT-03, AGT-20)', async (t) => {
  const model = createScriptedModel(t, [hi]);
  const helper = createTestAgent(model, {}, { limits: { ...none, maxTokens: 100 } });
  const handing: Agent = {
    name: 'helper',
    runStep: async (state, context) => {
      const outcome = await helper.runStep(state, context);
      return outcome.type === 'finished' ? { ...outcome, actions: { transferTo: 'other' } } : outcome;
    },
  };
  const back = () => ({ actions: { transferTo: 'helper' }, statusMetadata: used(1, 1) });
  const run = new WorkflowRun([userSays('Go')]);
  await run.toRest(transfer(handing, scriptedAgent('other', [back])));
  t.match(run.last, {
    ...reason('The run was ended after 1 model calls: it has used 100 of 100 tokens (agents.helper.limits.max_tokens)'),
    statusMetadata: used(61, 41),
  });
});

t.test('the last status says who a conversation was handed over to, and nothing when it was not (API-54, AGT-20)', async (t) => {
  const handed = new WorkflowRun([userSays('Go')]);
  const handOver = () => ({ actions: { transferTo: 'b' }, statusMetadata: used(2, 1) });
  await handed.toRest(transfer(scriptedAgent('a', [handOver]), scriptedAgent('b', [() => ({ statusMetadata: used(3, 1) })])));
  t.match(handed.last, { type: 'finished', statusMetadata: { 'hector:transfer_to_agent': 'b', ...used(5, 2) } });
  const alone = new WorkflowRun([userSays('Go')]);
  await alone.toRest(transfer(scriptedAgent('a', [() => ({ statusMetadata: used(3, 1) })]), scriptedAgent('b', [])));
  t.same((alone.last as { statusMetadata?: unknown }).statusMetadata, used(3, 1));
});

t.test('a run that fails or refuses tells what its members have used (AGT-30, AGT-32, AGT-20)', async (t) => {
  for (const type of ['failed', 'rejected'] as const) {
    const run = new WorkflowRun([userSays('Go')]);
    const end = () => ({ type, statusMessage, statusMetadata: used(3, 1) });
    await run.toRest(workflow('sequential', [scriptedAgent('a', [() => ({ statusMetadata: used(2, 1) })]), scriptedAgent('b', [end])]));
    t.match(run.last, { type, statusMetadata: used(5, 2) });

    const handed = new WorkflowRun([userSays('Go')]);
    const handOver = () => ({ actions: { transferTo: 'b' }, statusMetadata: used(2, 1) });
    await handed.toRest(transfer(scriptedAgent('a', [handOver]), scriptedAgent('b', [end])));
    t.match(handed.last, { type, statusMetadata: used(5, 2) });
  }
  const nowhere = new WorkflowRun([userSays('Go')]);
  await nowhere.toRest(transfer(scriptedAgent('a', [() => ({ actions: { transferTo: 'c' }, statusMetadata: used(2, 1) })])));
  t.match(nowhere.last, { type: 'failed', statusMetadata: used(2, 1) });

  const endless = new WorkflowRun([userSays('Go')]);
  endless.control = { index: 0, iteration: 10_001, usage: { inputTokens: 7, outputTokens: 2 }, child: {} };
  await endless.step(workflow('loop', [scriptedAgent('a', [])], 0));
  t.match(endless.last, { type: 'failed', statusMetadata: used(7, 2) });
  const gone = new WorkflowRun([userSays('Go')]);
  gone.control = { active: 'gone', turns: {}, usage: { inputTokens: 7, outputTokens: 2 }, child: {} };
  await gone.step(transfer(scriptedAgent('a', [])));
  t.match(gone.last, { type: 'failed', statusMetadata: used(7, 2) });
});

t.test('a model that fails, or says nothing, has used what it has used (AGT-03)', async (t) => {
  const call = { say: [{ call: { name: 'nothing' } }], usage: { inputTokens: 5, outputTokens: 2 } };
  const ends: readonly ScriptedTurn[] = [
    { say: [{ error: new AppError('LLM_UNAVAILABLE') }] },
    { say: [], finish: 'content_filter', usage: { inputTokens: 4, outputTokens: 0 } },
  ];
  for (const [index, end] of ends.entries()) {
    const run = new WorkflowRun([userSays('Go')]);
    await run.toRest(createTestAgent(createScriptedModel(t, [call, end])));
    t.match(run.last, { type: 'failed', statusMetadata: used([5, 9][index] as number, 2) });
  }
});

t.test('answers that did not fit count when the run fails (AGT-60)', async (t) => {
  const wrong: ScriptedTurn = { say: ['no'], usage: { inputTokens: 3, outputTokens: 1 } };
  const structuredOutput = { name: 'x', strict: true, maxRepairs: 1, schema: { type: 'object' } } as const;
  for (const last of [wrong, { say: [{ error: new AppError('LLM_UNAVAILABLE') }] }] satisfies readonly ScriptedTurn[]) {
    const run = new WorkflowRun([userSays('Go')]);
    await run.toRest(createTestAgent(createScriptedModel(t, [wrong, last]), {}, { structuredOutput }));
    const tries = last === wrong ? 2 : 1;
    t.match(run.last, { type: 'failed', statusMetadata: used(3 * tries, tries), control: { iteration: 2 } });
  }
});

t.test('an agent tool whose run failed counts in the run that called it (AGT-23)', async (t) => {
  const options = { requireApproval: false, approvalPrompt: undefined, skipSummarization: false };
  const tool = createAgentTool({ agent: 'one', description: '', options });
  const model = createScriptedModel(t, [{ say: [{ call: { name: 'one', arguments: { request: 'x' } } }] }, { say: ['Done.'] }]);
  const agent = createTestAgent(model, { tools: [tool] });
  const run = new WorkflowRun([userSays('Go')]);
  await run.toRest(agent);
  const below = new WorkflowRun([userSays('x')]);
  const filtered: ScriptedTurn = { say: [], finish: 'content_filter', usage: { inputTokens: 8, outputTokens: 3 } };
  const ended = await below.toRest(createTestAgent(createScriptedModel(t, [filtered])));
  const statusMetadata = (ended as { statusMetadata?: JsonObject }).statusMetadata;
  run.settle('helper.one', 'TASK_STATE_FAILED', 'why', { statusMetadata });
  await run.toRest(agent);
  t.match(run.last, { type: 'finished', statusMetadata: used(8, 3) });
});

t.test('max_iterations holds for all turns of a run (AGT-03, AGT-32)', async (t) => {
  const model = createScriptedModel(t, [hi, hi]);
  const reasoning = reasoningSettings({ maxIterations: 2 });
  const run = new WorkflowRun([userSays('Go')]);
  await run.toRest(workflow('loop', [createTestAgent(model, {}, { reasoning })]));
  t.match(run.last, {
    ...reason('Reasoning loop safety limit exceeded after 2 iterations (agents.helper.reasoning.max_iterations)'),
    statusMetadata: used(120, 80),
  });
});

t.test('the limits of the agent that a conversation began with hold for all who it is handed to (AGT-03, AGT-20)', async (t) => {
  const root = scriptedAgent('root', [() => ({ actions: { transferTo: 'helper' }, statusMetadata: used(30, 20) })]);
  const call = { say: [{ call: { name: 'nothing' } }], usage: { inputTokens: 60, outputTokens: 0 } };
  const helper = createTestAgent(createScriptedModel(t, [call]));
  const agents = [root, helper];
  const agent = createTransferAgent({
    name: 'root',
    members: agents.map((member) => ({ agent: member, name: member.name, branch: member.name, targets: ['root', 'helper'] })),
    findMemberOf: () => undefined,
    limits: { ...none, maxTokens: 100 },
    clock: systemClock,
  });
  const run = new WorkflowRun([userSays('Go')]);
  await run.toRest(agent);
  t.match(run.last, {
    ...reason('The run was ended after 1 model calls: it has used 110 of 100 tokens (agents.root.limits.max_tokens)'),
    statusMetadata: used(90, 20),
  });
});

t.test('what runs below this one have spent comes back with their end, and goes down with the next ones (AGT-03, AGT-31)', async (t) => {
  const both = createParallelAgent({ name: 'both', members: ['helper', 'helper', 'other'], clock: systemClock });
  const run = new WorkflowRun([userSays('Go')]);
  const agent = workflow('loop', [both]);
  await run.step(agent);
  t.match(run.starts, [{ control: {} }, { control: {} }, { control: {} }]);
  const spentBy = (calls: number) => ({ calls, usage: { inputTokens: calls, outputTokens: 0 }, workedMs: 0 });
  for (const { key, agent: name } of run.starts)
    run.settle(key, 'TASK_STATE_COMPLETED', 'done', { spent: { [name]: spentBy(2) }, statusMetadata: used(2, 0) });
  await run.step(agent);
  await run.step(agent);
  const second = run.starts.slice(3);
  t.equal(second.length, 3);
  for (const { control } of second) t.same(control, { spent: { helper: spentBy(4), other: spentBy(2) } });
  for (const { key, agent: name } of second)
    run.settle(key, 'TASK_STATE_COMPLETED', 'done', {
      spent: { helper: spentBy(name === 'helper' ? 5 : 4), other: spentBy(name === 'other' ? 3 : 2) },
    });
  await run.step(agent);
  t.match(run.control, { spent: { helper: spentBy(6), other: spentBy(3) } });
});

t.test('an agent that was called as a tool goes on counting when it is called again (AGT-03, AGT-23)', async (t) => {
  const asks = (id: string) => ({ say: [{ call: { name: 'other', arguments: { request: 'Do it' }, id } }] });
  const model = createScriptedModel(t, [asks('c1'), asks('c2')]);
  const run = new WorkflowRun([userSays('Go')]);
  const agent = createTestAgent(model, { tools: [createAgentTool({ agent: 'other', description: 'Other', inputSchema: undefined })] });
  await run.toRest(agent);
  const spent = { other: { calls: 3, usage: { inputTokens: 9, outputTokens: 1 }, workedMs: 0 } };
  t.equal(run.starts.length, 1);
  run.settle(run.starts[0]?.key ?? '', 'TASK_STATE_COMPLETED', 'done', { spent, statusMetadata: used(9, 1) });
  await run.toRest(agent);
  t.match(run.starts[1], { control: { spent } });
});

t.test('a step that throws behind its model call has used what it has used (AGT-03)', async (t) => {
  const customization = {
    afterModel: () => {
      throw new AppError('AGENT_FAILED', { message: 'no' });
    },
  };
  const run = new WorkflowRun([userSays('Go')]);
  await run.toRest(createTestAgent(createScriptedModel(t, [hi]), { customization }));
  t.match(run.last, { type: 'failed', statusMetadata: used(60, 40), control: { usage: { inputTokens: 60, outputTokens: 40 } } });
});

t.test('a run that ends without its agent tells what it had used by its last commit (AGT-03)', async (t) => {
  const control = { usage: { inputTokens: 7, outputTokens: 2 }, child: { usage: { inputTokens: 1, outputTokens: 1 } } };
  t.match(failedWith(taskRecord(control), 'gone'), { type: 'failed', statusMetadata: used(8, 3) });
  t.notOk('statusMetadata' in failedWith(taskRecord({}), 'gone'));
});
