/** Agents called as tools, in the step that runs an answer's calls (AGT-23, AGT-24, W-32). */
import t from 'tap';
import { createAgentTool } from '../../../../src/agents/as-tool/create-agent-tool.js';
import type { AgentCustomization } from '../../../../src/agents/llm/customization.js';
import type { JsonObject } from '../../../../src/base/json.js';
import type { Tool } from '../../../../src/providers/tools/contract.js';
import { agentSettings, createTestAgent, stepContext, taskRecord } from '../../../support/llm-agent.js';
import { createScriptedModel, type ScriptedPiece } from '../../../support/scripted-llm.js';
import { createTestLedger } from '../../../support/test-run.js';
import { agentSays, userSays, WorkflowRun } from '../../../support/workflow-run.js';

const ask = (id: string, name: string): ScriptedPiece => ({ call: { id, name, arguments: { request: `${id}!` } } });
const tool = (agent: string, options: { requireApproval?: boolean; skipSummarization?: boolean } = {}) =>
  createAgentTool({
    agent,
    description: '',
    options: { requireApproval: false, approvalPrompt: undefined, skipSummarization: false, ...options },
  });

function create(t: Parameters<typeof createScriptedModel>[0], tools: readonly Tool[], pieces: readonly ScriptedPiece[], answers = 1) {
  const more = Array.from({ length: answers }, () => ({ say: ['Done.'] }));
  const model = createScriptedModel(t, [{ say: pieces }, ...more]);
  return { agent: createTestAgent(model, { tools, approvalExpiresAfterMs: 60_000 }), model };
}

t.test('a call begins one run, however often its step is tried, with the request alone and a copy of the state (AGT-24, R2)', async (t) => {
  const { agent } = create(t, [tool('one'), tool('two')], [ask('a', 'one'), ask('b', 'one'), ask('c', 'two')]);
  const run = new WorkflowRun([userSays('Go')]);
  t.match(await run.step(agent), { type: 'continue', durable: true }, 'the answer is committed before anybody is asked');
  const again = await agent.runStep({ task: taskRecord(run.control), history: run.history, children: [] }, stepContext());
  t.equal(again.type, 'branch');
  await run.step(agent);
  t.same(
    run.starts.map(({ key, agent, inheritsHistory, state }) => [key, agent, inheritsHistory, state]),
    [
      ['helper.one', 'one', false, 'copied'],
      ['helper.one#2', 'one', false, 'copied'],
      ['helper.two', 'two', false, 'copied'],
    ],
  );
  t.match(run.starts[1]?.messages, [{ role: 'user', parts: [{ type: 'text', text: 'b!' }] }]);
  for (const { key } of run.starts) {
    const statusMetadata = { 'hector:usage': { input_tokens: 2, output_tokens: 1 } };
    run.settle(key, 'TASK_STATE_COMPLETED', '', { messages: [agentSays('x', key)], statusMetadata });
  }
  await run.toRest(agent);
  t.match(run.last, { type: 'finished', statusMetadata: { 'hector:usage': { input_tokens: 6, output_tokens: 3 } } }, 'their tokens count');
  const results = run.history.flatMap(({ role, parts }) => (role === 'tool' ? parts : []));
  t.match(
    results.map((part) => (part.type === 'tool_result' ? [part.callId, JSON.parse(part.content)] : [])),
    [
      ['a', { result: 'helper.one', agent_name: 'one', event_count: 1, invocation_id: 'task-helper.one' }],
      ['b', { result: 'helper.one#2' }],
      ['c', { result: 'helper.two' }],
    ],
  );
  t.same(run.starts.length, 3);
});

t.test('those that end first are told first; a question of another one waits, and the answer to it is passed on once', async (t) => {
  const { agent } = create(t, [tool('one'), tool('two')], [ask('a', 'one'), ask('b', 'two')]);
  const run = new WorkflowRun([userSays('Go')]);
  await run.step(agent);
  await run.step(agent);
  run.settle('helper.one', 'TASK_STATE_COMPLETED', 'first');
  run.settle('helper.two', 'TASK_STATE_INPUT_REQUIRED', 'Where?');
  t.match(await run.step(agent), { type: 'wait', statusMessage: { parts: [{ text: 'Where?' }] } });
  run.history = [...run.history, userSays('Rome')];
  t.match(await run.step(agent), { type: 'branch', starts: [], says: [{ key: 'helper.two', message: { parts: [{ text: 'Rome' }] } }] });
  run.settle('helper.two', 'TASK_STATE_INPUT_REQUIRED', 'And when?');
  t.match(await run.step(agent), { type: 'wait', statusMessage: { parts: [{ text: 'And when?' }] } });
  run.settle('helper.two', 'TASK_STATE_FAILED', 'too late');
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  const results = run.history.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool_result'));
  t.match(results, [{ callId: 'a' }, { callId: 'b', isError: true, content: "Error: agent 'two' failed: too late" }]);
});

t.test('approval comes before the run begins, is kept in the ledger, and a denial begins none (W-32, TOOL-61, TOOL-64)', async (t) => {
  for (const decision of ['approve', 'deny'] as const) {
    const { agent } = create(t, [tool('one', { requireApproval: true })], [ask('a', 'one')]);
    const run = new WorkflowRun([userSays('Go')]);
    const ledger = createTestLedger();
    const step = async () => {
      const { history, children } = run;
      const outcome = await agent.runStep({ task: taskRecord(run.control), history, children }, stepContext({ ledger }));
      ledger.put(outcome.toolCalls ?? []);
      run.history = [...history, ...outcome.messages];
      run.control = JSON.parse(JSON.stringify(outcome.control)) as JsonObject;
      if (outcome.type === 'branch') run.starts.push(...outcome.starts);
      return outcome;
    };
    await step();
    t.equal((await step()).type, 'wait');
    t.same(ledger.statuses(), { a: 'awaiting' });
    run.history = [...run.history, userSays(decision)];
    const outcome = await step();
    t.equal(outcome.type, decision === 'approve' ? 'branch' : 'continue');
    t.same(ledger.statuses(), { a: decision === 'approve' ? 'approved' : 'denied' });
    t.equal(run.starts.length, decision === 'approve' ? 1 : 0);
    if (decision === 'approve') {
      run.settle('helper.one', 'TASK_STATE_COMPLETED', 'yes');
      t.equal((await step()).type, 'continue');
      t.same(ledger.statuses(), { a: 'done' });
    }
    t.equal((await step()).type, 'finished');
  }
});

t.test('the summary is skipped only when every call of the answer was such, and all completed (AGT-02, AGT-24)', async (t) => {
  const short = tool('one', { skipSummarization: true });
  const alone = create(t, [short], [ask('a', 'one')], 0);
  const run = new WorkflowRun([userSays('Go')]);
  await run.step(alone.agent);
  await run.step(alone.agent);
  run.settle('helper.one', 'TASK_STATE_COMPLETED', 'The answer.');
  t.match(await run.step(alone.agent), {
    type: 'finished',
    messages: [{ role: 'tool' }, { role: 'agent', parts: [{ text: 'The answer.' }] }],
  });

  const failed = create(t, [short], [ask('a', 'one')]);
  const other = new WorkflowRun([userSays('Go')]);
  await other.step(failed.agent);
  await other.step(failed.agent);
  other.settle('helper.one', 'TASK_STATE_FAILED', 'no');
  t.equal((await other.step(failed.agent)).type, 'continue', 'a model reads what went wrong');
  await other.toRest(failed.agent);
});

t.test('beforeTool is asked before the run of a call begins: a result or an error in its place, and nobody works (AGT-14)', async (t) => {
  const model = createScriptedModel(t, [{ say: [ask('a', 'one'), ask('b', 'two'), ask('c', 'three')] }, { say: ['Done.'] }]);
  let asked = 0;
  const beforeTool: AgentCustomization['beforeTool'] = (_, { tool }) => {
    asked += 1;
    if (tool === 'two') throw new Error('no budget');
    return tool === 'one' ? { content: 'From the cache' } : undefined;
  };
  const tools = [tool('one', { skipSummarization: true }), tool('two'), tool('three')];
  const run = new WorkflowRun([userSays('Go')]);
  const agent = createTestAgent(model, { tools, customization: { beforeTool } });
  await run.step(agent);
  await run.step(agent);
  t.same(
    run.starts.map(({ key }) => key),
    ['helper.three'],
  );
  run.settle('helper.three', 'TASK_STATE_COMPLETED', 'three');
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.equal(asked, 3, 'not again when its run has ended');
  const results = run.history.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool_result'));
  t.match(
    results.map(({ callId, content, isError }) => [callId, content, isError]),
    [
      ['a', 'From the cache', false],
      ['b', /^Error: .*beforeTool/, true],
      ['c', /three/, false],
    ],
  );
});

t.test('afterTool replaces what an agent tool answered, also where nobody sums it up (AGT-14, AGT-24)', async (t) => {
  const afterTool: AgentCustomization['afterTool'] = (_, __, { content }) => ({ content: content.replace(/\d+/g, '#') });
  const model = createScriptedModel(t, [
    { say: [ask('a', 'one')] },
    { expect: ({ messages }) => t.notMatch(JSON.stringify(messages), '1234'), say: ['Done.'] },
  ]);
  const tools = [tool('one', { skipSummarization: true })];
  const settings = {
    reasoning: { ...agentSettings({}).reasoning, terminationConditions: ['no_tool_calls', 'skip_summarization'] as const },
  };
  const agent = createTestAgent(model, { tools, customization: { afterTool } }, settings);
  const run = new WorkflowRun([userSays('Go')]);
  await run.step(agent);
  await run.step(agent);
  const says = { messages: [agentSays('one', 'card 1234')] };
  run.settle('helper.one', 'TASK_STATE_COMPLETED', '', says);
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.match(run.history.at(-1), { role: 'agent', parts: [{ text: 'Done.' }] });
  t.notMatch(JSON.stringify(run.history), '1234');
});
