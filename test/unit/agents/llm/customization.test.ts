import t from 'tap';
import { createControlTools } from '../../../../src/agents/llm/control-tools.js';
import type { AgentCustomization } from '../../../../src/agents/llm/customization.js';
import { AppError } from '../../../../src/base/errors.js';
import { createScope } from '../../../../src/base/scope.js';
import type { ModelRequest } from '../../../../src/providers/llms/contract.js';
import { userMessage } from '../../../contract/language-model.js';
import { countingTool } from '../../../support/counting-tool.js';
import { agentSettings, createTestAgent } from '../../../support/llm-agent.js';
import { createScriptedModel, type ScriptedTurn } from '../../../support/scripted-llm.js';
import { TestRun } from '../../../support/test-run.js';

function setUp(
  t: Parameters<typeof createScriptedModel>[0],
  turns: readonly ScriptedTurn[],
  customization: AgentCustomization,
  tools: readonly ReturnType<typeof countingTool>[] = [],
) {
  const model = createScriptedModel(t, turns);
  const previews: string[] = [];
  const run = new TestRun([userMessage('Go')]);
  const agent = createTestAgent(model, { customization, tools });
  return { run, agent, previews, toRest: () => run.toRest(agent, { preview: (_, text) => previews.push(text) }) };
}

t.test('beforeAgent answers in place of the agent, once per run (AGT-14)', async (t) => {
  const { run, toRest } = setUp(t, [], { beforeAgent: (_, message) => `No: ${message?.id}` });
  await toRest();
  t.equal(run.last.type, 'finished');
  t.match(run.parts, [{ text: /^No: / }]);
  t.match(run.history.at(-1), { role: 'agent', author: 'helper' });
});

t.test('code around an agent knows for whom it works, in the callbacks of its timers, too (OBS-33)', async (t) => {
  const user = createScope<string>();
  const seen: unknown[] = [];
  const look = () => new Promise<undefined>((resolve) => setTimeout(() => resolve(void seen.push(user.find())), 1));
  const code = { beforeAgent: look, beforeModel: look, afterModel: look, beforeTool: look, afterTool: look, afterAgent: look };
  const turns = [{ say: [{ call: { name: 'look' } }] }, { say: ['Done'] }];
  const { run, toRest } = setUp(t, turns, code, [countingTool('look', 'pure')]);
  await user.within('ann', toRest);
  t.equal(run.last.type, 'finished');
  t.same(seen, Array(8).fill('ann'));
});

t.test('beforeAgent is asked when the run begins, not at each step (AGT-14)', async (t) => {
  let asked = 0;
  const beforeAgent = () => {
    asked += 1;
    return undefined;
  };
  const tools = [countingTool('look', 'pure'), countingTool('pay', 'once')];
  const turns = [{ say: [{ call: { name: 'look' } }] }, { say: [{ call: { name: 'pay' } }] }, { say: ['Done'] }];
  const { run, toRest } = setUp(t, turns, { beforeAgent }, tools);
  await toRest();
  t.equal(run.last.type, 'finished');
  t.equal(asked, 1);
});

t.test('afterAgent replaces the answer, and nobody sees the other one (AGT-14)', async (t) => {
  const { run, toRest, previews } = setUp(t, [{ say: ['The secret ', 'is 42.'] }], {
    afterAgent: (_, answer) => answer.replace('42', '[hidden]'),
  });
  await toRest();
  t.same(run.parts, [{ text: 'The secret is [hidden].' }]);
  t.match(run.history.at(-1)?.parts, [{ text: 'The secret is [hidden].' }]);
  t.same(previews, [], 'what may be replaced is not shown before');
});

t.test('beforeModel answers in place of the model, afterModel replaces what it said (AGT-14)', async (t) => {
  const tool = countingTool('look', 'pure');
  const { run, toRest } = setUp(
    t,
    [{ say: ['Let me.', { call: { name: 'look' } }] }],
    {
      beforeModel: ({ iteration }) => (iteration === 1 ? { parts: [{ type: 'text', text: 'Enough.' }], reason: 'stop' } : undefined),
      afterModel: (_, answer) => ({ ...answer, parts: answer.parts.filter(({ type }) => type !== 'text' || answer.reason === 'stop') }),
    },
    [tool],
  );
  await toRest();
  t.equal(tool.executed.length, 1);
  t.match(run.parts, [{ data: { type: 'tool_use' } }, { data: { type: 'tool_result' } }, { text: 'Enough.' }]);
});

t.test('beforeTool replaces a call, afterTool its result, before it is recorded (AGT-14)', async (t) => {
  const pay = countingTool('pay', 'once');
  const read = countingTool('read', 'pure', {}, () => ({ content: 'card 1234' }));
  const { run, toRest } = setUp(
    t,
    [{ say: [{ call: { name: 'pay' } }, { call: { name: 'read', id: 'r' } }] }, { say: ['Done'] }],
    {
      beforeTool: (_, { tool }) => (tool === 'pay' ? { content: 'not today', isError: true } : undefined),
      afterTool: (_, { tool }, result) => (tool === 'read' ? { ...result, content: result.content.replace(/\d/g, '*') } : undefined),
    },
    [pay, read],
  );
  await toRest();
  t.equal(pay.executed.length, 0);
  t.same(run.results, { 'call-1-0': 'not today', r: 'card ****' });
  t.match(run.ledger.rows.get('call-1-0'), { status: 'done', result: { content: 'not today', isError: true } });
});

t.test('a result whose check fails is withheld, also of a call that must not be repeated (AGT-14, R7)', async (t) => {
  const pay = countingTool('pay', 'once', {}, () => ({ content: 'secret' }));
  const { run, toRest } = setUp(
    t,
    [{ say: [{ call: { name: 'pay' } }] }, { say: ['Done'] }],
    { afterTool: () => Promise.reject(new Error('x')) },
    [pay],
  );
  await toRest();
  t.equal(run.last.type, 'finished');
  t.match(run.results['call-1-0'], /ran, but its result is withheld/);
  t.match(run.ledger.rows.get('call-1-0'), { status: 'done' });
});

t.test('code that throws fails the run; an AppError says by itself what follows (AGT-14)', async (t) => {
  const broken = setUp(t, [], { beforeModel: () => Promise.reject(new Error('disk full')) });
  await t.rejects(broken.toRest(), { code: 'AGENT_CALLBACK_FAILED', message: "The code of the agent 'helper' failed in beforeModel" });
  const busy = setUp(t, [], { beforeAgent: () => Promise.reject(new AppError('DATABASE_BUSY')) });
  await t.rejects(busy.toRest(), { code: 'DATABASE_BUSY' });
});

t.test('instructions in code replace text, and their braces are left alone (AGT-67)', async (t) => {
  const model = createScriptedModel(t, [
    { expect: ({ system }) => t.equal(system, 'All are kind.\n\nFrom code {x}.\n\nBe short.'), say: ['Hi'] },
  ]);
  const prompt = { role: '', guidance: 'Be short.', systemPrompt: undefined };
  const agent = createTestAgent(
    model,
    {
      customization: { instruction: async () => 'From code {x}.' },
      globalInstructions: [{ key: 'agents.top.global_instruction', text: 'ignored', provider: () => 'All are kind.' }],
    },
    { prompt },
  );
  await new TestRun([userMessage('Go')]).toRest(agent);
});

t.test('the stages of request and response can be left out, replaced and added to (AGT-04)', async (t) => {
  const names: string[][] = [];
  const { run, toRest } = setUp(t, [{ expect: ({ system, temperature }) => t.same([system, temperature], ['Mine.', 0]), say: ['hi'] }], {
    requestPipeline(stages) {
      names.push(stages.map(({ name }) => name));
      const own = {
        name: 'own',
        run: (request: ModelRequest) => ({
          ...request,
          system: 'Mine.',
          temperature: 0,
        }),
      };
      return [...stages.filter(({ name }) => name !== 'instruction'), own];
    },
    responsePipeline: (stages) => [...stages, { name: 'shout', run: (answer) => ({ ...answer, parts: [{ type: 'text', text: 'HI' }] }) }],
  });
  await toRest();
  t.same(names, [['config', 'instruction', 'tools', 'history', 'context']]);
  t.same(run.parts, [{ text: 'HI' }]);
});

t.test(
  'the prompt is global instruction, role, instruction, guidance; system_prompt replaces the instruction (AGT-10, W-09)',
  async (t) => {
    const systems = async (systemPrompt: string | undefined) => {
      const model = createScriptedModel(t, [{ say: ['Hi'] }]);
      const prompt = { role: 'You are {who}.', guidance: 'Be short.', systemPrompt };
      const globalInstructions = [{ key: 'agents.helper.global_instruction', text: 'All: {app:motto?}!' }];
      const run = new TestRun([userMessage('Go')]);
      run.state = { who: 'a clerk', 'app:motto': 'kind' };
      await run.toRest(createTestAgent(model, { globalInstructions }, { prompt, instruction: 'Help.' }));
      return model.requests[0]?.system;
    };
    t.equal(await systems(undefined), 'All: kind!\n\nYou are a clerk.\n\nHelp.\n\nBe short.');
    t.equal(await systems('Instead.'), 'All: kind!\n\nYou are a clerk.\n\nInstead.\n\nBe short.');
  },
);

t.test('a required value that is missing fails the run (AGT-66)', async (t) => {
  const agent = createTestAgent(createScriptedModel(t, []), {}, { instruction: 'Serve {customer}.' });
  await t.rejects(new TestRun([userMessage('Go')]).toRest(agent), {
    code: 'AGENT_INSTRUCTION_INVALID',
    message: /agents\.helper\.instruction: \{customer\}/,
  });
});

const EXIT_ON = { enableExitTool: true, enableEscalateTool: true };

t.test('a call that would end the work ends nothing when beforeTool refuses or replaces it (AGT-02, AGT-14)', async (t) => {
  for (const instead of [{ content: 'Not yet', isError: true }, { content: 'Not yet' }])
    for (const call of ['exit_loop', 'escalate']) {
      const model = createScriptedModel(t, [{ say: ['Half', { call: { name: call } }] }, { say: ['All of it'] }]);
      const run = new TestRun([userMessage('Go')]);
      const { tools, reasoning } = withControls();
      const agent = createTestAgent(model, { tools, customization: { beforeTool: () => instead } }, { reasoning });
      await run.toRest(agent);
      t.equal(run.last.type, 'finished');
      t.notOk('actions' in run.last, call);
      t.match(run.history.at(-1)?.parts, [{ text: 'All of it' }]);
      t.same(run.results, { 'call-1-0': 'Not yet' });
    }
});

t.test('a refusal holds when another call of the answer waited for somebody since (AGT-14, R7)', async (t) => {
  const { tools, reasoning } = withControls();
  const pay = Object.assign(countingTool('pay', 'once'), { requiresApproval: true });
  const model = createScriptedModel(t, [{ say: [{ call: { name: 'escalate' } }, { call: { name: 'pay', id: 'p' } }] }, { say: ['Done'] }]);
  const run = new TestRun([userMessage('Go')]);
  const beforeTool: AgentCustomization['beforeTool'] = (_, { tool }) =>
    tool === 'escalate' ? { content: 'Not yet', isError: true } : undefined;
  const agent = createTestAgent(model, { tools: [...tools, pay], customization: { beforeTool } }, { reasoning });
  t.equal((await run.toRest(agent)).type, 'wait');
  run.say('approve');
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.notOk('actions' in run.last);
  t.equal(pay.executed.length, 1);
});

t.test('a call that ends the work does so when code looks at it and changes nothing (AGT-02, AGT-14)', async (t) => {
  const { tools, reasoning } = withControls();
  const model = createScriptedModel(t, [{ say: ['Enough', { call: { name: 'escalate', arguments: { reason: 'good' } } }] }]);
  const run = new TestRun([userMessage('Go')]);
  const customization: AgentCustomization = { beforeTool: () => undefined, afterTool: (_, __, result) => ({ ...result }) };
  const llm = { maxToolOutputLength: 3, temperature: undefined, maxTokens: undefined };
  await run.toRest(createTestAgent(model, { tools, customization, llm }, { reasoning }));
  t.match(run.last, { type: 'finished', actions: { escalate: 'good' } });
});

t.test('afterAgent and output_key have the answer also when it was said before an approval (AGT-14, AGT-15)', async (t) => {
  const pay = Object.assign(countingTool('pay', 'once'), { requiresApproval: true });
  const heard: string[] = [];
  const { tools, reasoning } = withControls();
  const model = createScriptedModel(t, [
    { say: ['The bill is paid.', { call: { name: 'exit_loop' } }, { call: { name: 'pay', id: 'p' } }] },
  ]);
  const before = { ...userMessage('Earlier', 'u0'), createdAt: -2 };
  const old = { ...before, id: 'a0', role: 'agent', author: 'helper', parts: [{ type: 'text', text: 'Old words' }] } as const;
  const run = new TestRun([before, old, userMessage('Go')]);
  const afterAgent = (_: unknown, answer: string) => {
    heard.push(answer);
    return undefined;
  };
  const agent = createTestAgent(model, { tools: [...tools, pay], customization: { afterAgent } }, { reasoning, outputKey: 'answer' });
  t.equal((await run.toRest(agent)).type, 'wait');
  run.say('approve');
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.same(heard, ['The bill is paid.']);
  t.same(run.state, { answer: 'The bill is paid.' });
});

function withControls() {
  const reasoning = { ...agentSettings({}).reasoning, ...EXIT_ON };
  const conditions = [...reasoning.terminationConditions.filter((condition) => condition !== 'escalate'), 'escalate' as const];
  return {
    tools: createControlTools({ reasoning, isInLoop: false, targets: [] }),
    reasoning: { ...reasoning, terminationConditions: conditions },
  };
}
