/** LLM agents over the whole line: what clients see while a run works, and what outlives the worker that has it. */
import t from 'tap';
import { summaryKey } from '../../src/agents/llm/fit-context.js';
import { countMessages, estimateTokens } from '../../src/memory/count-tokens.js';
import { streamFrames, userMessage } from '../support/a2a-client.js';
import { linesOf, startAgents } from '../support/agents-rig.js';
import { waitFor } from '../support/coordination-steps.js';
import { countingTool } from '../support/counting-tool.js';
import { createTestAgent } from '../support/llm-agent.js';
import { createScriptedModel, type ScriptedTurn } from '../support/scripted-llm.js';
import { OWNER, startStepRig } from '../support/step-rig.js';
import { StreamClient } from '../support/stream-client.js';
import { contextSettings } from '../support/test-settings.js';

const NO_LIMITS = { maxTokens: undefined, maxCost: undefined, maxDurationMs: undefined };

t.test(
  'thinking and the output of tools are streamed as they come, and end as they are committed (AGT-11, AGT-12, TOOL-21, R9)',
  async (t) => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const build = countingTool('build', 'once', {}, async (_, context) => {
      context.progress('compiling\n');
      await gate;
      context.progress('[stderr] a warning\n');
      return { content: 'built' };
    });
    const rig = await startAgents(t, {
      agents: { helper: { tools: ['build'] } },
      says: {
        helper: [
          { say: [{ thinking: 'Build ' }, { thinking: 'first.' }, 'Let me.', { call: { name: 'build' } }] },
          { say: ['It is built.'] },
        ],
      },
      tools: [build],
    });
    const client = new StreamClient();
    const seen: string[] = [];
    for await (const { id, result } of streamFrames(`${rig.url}/agents/helper`, 'SendStreamingMessage', {
      message: userMessage('Build it'),
    })) {
      client.apply(id, result);
      const text = client.texts.get('tool:call-1-0');
      if (text !== undefined) seen.push(text);
      if (text === 'compiling\n') open();
    }
    t.equal(seen[0], 'compiling\n', 'shown while the tool runs');
    t.equal(client.texts.get('tool:call-1-0'), 'compiling\n[stderr] a warning\n');
    t.equal(client.texts.get('thinking-1'), 'Build first.');
    t.equal(client.texts.get('response'), 'Let me.It is built.');
    t.equal(client.state, 'TASK_STATE_COMPLETED');
  },
);

t.test(
  'global instructions hold for the tree, state of the session fills them in, and answers go back into it (AGT-10, AGT-15, AGT-65, W-09)',
  async (t) => {
    const remember = countingTool('remember', 'pure', {}, (args) => ({
      content: 'ok',
      sessionState: { 'user:name': args['name'] as string },
    }));
    const rig = await startAgents(t, {
      agents: {
        flow: { type: 'sequential', sub_agents: ['first', 'second'], global_instruction: 'Serve {user:name?}.' },
        first: { tools: ['remember'], instruction: 'Ask.', output_key: 'draft' },
        second: { instruction: 'Improve: {draft}', prompt: { guidance: 'Be short.' } },
      },
      says: {
        first: [{ say: [{ call: { name: 'remember', arguments: { name: 'Ada' } } }] }, { say: ['A draft.'] }],
        second: [{ say: ['A text.'] }],
      },
      tools: [remember],
    });
    const task = await rig.send('flow', 'Write');
    t.equal(task.status.state, 'TASK_STATE_COMPLETED', JSON.stringify(task.status));
    t.same(
      rig.models['first']?.requests.map(({ system }) => system),
      ['Serve .\n\nAsk.', 'Serve Ada.\n\nAsk.'],
    );
    t.equal(rig.models['second']?.requests[0]?.system, 'Serve Ada.\n\nImprove: A draft.\n\nBe short.');
  },
);

t.test('an agent tool takes the arguments of its input_schema, which are checked (AGT-15, AGT-23)', async (t) => {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
  const call = (args: Record<string, string>) => ({ call: { name: 'weather', arguments: args } });
  const rig = await startAgents(t, {
    agents: { desk: { agent_tools: ['weather'] }, weather: { input_schema: schema } },
    says: {
      desk: [{ say: [call({ town: 'Paris' })] }, { say: [call({ city: 'Paris' })] }, { say: ['Sunny.'] }],
      weather: [{ say: ['Sun'] }],
    },
  });
  const task = await rig.send('desk', 'Weather?');
  t.equal(task.status.state, 'TASK_STATE_COMPLETED', JSON.stringify(task.status));
  t.same(rig.models['desk']?.requests[0]?.tools[0]?.parameters, schema);
  t.match(linesOf(rig.models['desk']?.requests[1] as never).at(-1), /misses the required parameter 'city'/);
  t.same(linesOf(rig.models['weather']?.requests[0] as never), ['user: {"city":"Paris"}']);
});

t.test('what a run has used counts for the worker that takes it over (AGT-01, R3)', { timeout: 60_000 }, async (t) => {
  const rig = await startStepRig(t);
  const stuck = new Promise<never>(() => {});
  const look: ScriptedTurn = { say: [{ call: { name: 'look' } }], usage: { inputTokens: 90, outputTokens: 10 } };
  const tools = [countingTool('look', 'pure')];
  const settings = { limits: { ...NO_LIMITS, maxTokens: 150 } };
  const model = createScriptedModel(t, [look, { say: [{ gate: stuck }] }]);
  const first = createTestAgent(model, { tools }, settings);
  rig.agents.set('helper', first.runStep);
  const worker = await rig.startWorker();
  const task = await rig.accept('helper');
  await waitFor(() => model.requests.length === 2);
  const second = createTestAgent(createScriptedModel(t, [look]), { tools }, settings);
  rig.agents.set('helper', second.runStep);
  await worker.close(50);
  await rig.startWorker();
  t.match(await rig.untilEnded(task), { state: 'TASK_STATE_FAILED' });
  const last = (await rig.store.events(task.id, 0)).at(-1);
  t.match(last, { status: { message: { parts: [{ text: /after 2 model calls: it has used 200 of 150 tokens/ }] } } });
});

t.test(
  'a summary is made once for a session, whoever runs its next steps and runs (AGT-53, W-94, W-97)',
  { timeout: 60_000 },
  async (t) => {
    const rig = await startStepRig(t);
    const long = 'x'.repeat(400);
    const summarizer = createScriptedModel(t, [{ say: ['They spoke of x.'] }]);
    const settings = { context: contextSettings({ strategy: 'summary_buffer', budget: 1_400 }) };
    const options = {
      countTokens: countMessages(estimateTokens),
      summarizer: { llm: 'small', model: summarizer },
      tools: [countingTool('look', 'pure')],
    };
    const answers = Array.from({ length: 12 }, (): ScriptedTurn => ({ say: [long] }));
    const stuck = new Promise<never>(() => {});
    const model = createScriptedModel(t, [...answers, { say: [{ call: { name: 'look' } }] }, { say: [{ gate: stuck }] }]);
    rig.agents.set('helper', createTestAgent(model, options, settings).runStep);
    const worker = await rig.startWorker();
    let task = await rig.accept('helper', 'one-context');
    for (const _ of answers) {
      await rig.untilEnded(task);
      task = await rig.accept('helper', 'one-context');
    }
    await waitFor(() => model.requests.length === 14);
    t.equal(summarizer.requests.length, 1);
    const next = createScriptedModel(t, [{ say: ['Done.'] }, { say: ['Done again.'] }]);
    rig.agents.set('helper', createTestAgent(next, options, settings).runStep);
    await worker.close(50);
    await rig.startWorker();
    t.match(await rig.untilEnded(task), { state: 'TASK_STATE_COMPLETED' });
    t.match(await rig.untilEnded(await rig.accept('helper', 'one-context')), { state: 'TASK_STATE_COMPLETED' });
    for (const request of next.requests) t.match(linesOf(request)[0], 'user: Previous conversation summary: They spoke of x.');
    const record = await rig.store.find(task.id, OWNER);
    t.match(await rig.store.sessionState(record as never), { [summaryKey('helper')]: { text: 'They spoke of x.' } });
  },
);
