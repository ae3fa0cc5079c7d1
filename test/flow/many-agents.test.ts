/** Conversations handed over and agents called as tools, through the front door (AGT-20…29). */
import t from 'tap';
import { linesOf, startAgents, textsOf } from '../support/agents-rig.js';
import type { ScriptedPiece } from '../support/scripted-llm.js';

const COMPLETED = 'TASK_STATE_COMPLETED';
const says = (...texts: readonly string[]) => texts.map((text) => ({ say: [text] }));
const call = (name: string, args = {}): ScriptedPiece => ({ call: { name, arguments: args } });
const toolNames = (request: { tools: readonly { name: string }[] } | undefined) => request?.tools.map(({ name }) => name);

t.test(
  'a transfer hands the conversation over: the target answers, also the next turn, and may hand on (AGT-20, AGT-21, AGT-22, W-20)',
  async (t) => {
    const rig = await startAgents(t, {
      agents: {
        desk: { sub_agents: ['billing', 'repairs'] },
        billing: { description: 'Knows invoices.' },
        repairs: { disallow_transfer_to_parent: true, disallow_transfer_to_peers: true },
      },
      says: {
        desk: [{ say: ['One moment. ', call('transfer_to_billing', { request: 'Explain invoice 7.' })] }],
        billing: [...says('Invoice 7 is for tea.'), { say: [call('transfer_to_repairs', { request: 'Fix the kettle.' })] }],
        repairs: says('The kettle is fixed.', 'Still fixed.'),
      },
    });
    const first = await rig.send('desk', 'What is invoice 7?');
    t.equal(first.status.state, COMPLETED, JSON.stringify(first.status));
    t.same(textsOf(first), [
      ['response', 'One moment. '],
      ['desk.billing/response', 'Invoice 7 is for tea.'],
    ]);
    t.match(rig.models['desk']?.requests[0]?.tools[0], { name: 'transfer_to_billing', description: /Knows invoices\./ });
    t.same(linesOf(rig.models['billing']?.requests[0] as never), [
      'user: What is invoice 7?',
      "user: [Message from agent 'desk']: One moment. \nExplain invoice 7.",
    ]);
    t.same(toolNames(rig.models['billing']?.requests[0]), ['transfer_to_desk', 'transfer_to_repairs']);

    const second = await rig.send('desk', 'The kettle broke', { contextId: first.contextId });
    t.same(textsOf(second), [['desk.repairs/response', 'The kettle is fixed.']]);
    t.same(toolNames(rig.models['repairs']?.requests[0]), []);
    const third = await rig.send('desk', 'Sure?', { contextId: first.contextId });
    t.same(textsOf(third), [['desk.repairs/response', 'Still fixed.']]);
  },
);

t.test('a workflow that a conversation was handed to gets the next turn as a whole (AGT-21)', async (t) => {
  const rig = await startAgents(t, {
    agents: { desk: { sub_agents: ['flow'] }, flow: { type: 'sequential', sub_agents: ['one', 'two'] }, one: {}, two: {} },
    says: { desk: [{ say: [call('transfer_to_flow')] }], one: says('1', '3'), two: says('2', '4') },
  });
  const first = await rig.send('desk', 'Go');
  t.same(textsOf(first).slice(-2), [
    ['desk.flow.one/response', '1'],
    ['desk.flow.two/response', '2'],
  ]);
  const second = await rig.send('desk', 'Again', { contextId: first.contextId });
  t.same(textsOf(second), [
    ['desk.flow.one/response', '3'],
    ['desk.flow.two/response', '4'],
  ]);
});

t.test('agents that hand over to each other for ever end in an error (AGT-20)', async (t) => {
  const turns = Array.from({ length: 25 }, () => call('transfer_to_b'));
  const rig = await startAgents(t, {
    agents: { a: { sub_agents: ['b'] }, b: {} },
    says: { a: turns.map((piece) => ({ say: [piece] })), b: turns.map(() => ({ say: [call('transfer_to_a')] })) },
  });
  const task = await rig.send('a', 'Go');
  t.equal(task.status.state, 'TASK_STATE_FAILED');
  t.match(task.status.message?.parts[0]?.text, /handed over more than 50 times/);
});

t.test('an agent tool runs apart from the conversation and returns its answer; the caller goes on (AGT-23, AGT-24, W-21)', async (t) => {
  const noted: string[] = [];
  const rig = await startAgents(t, {
    agents: { boss: { agent_tools: ['helper', 'checker'], tools: ['note'] }, helper: { name: 'The helper' }, checker: {} },
    says: {
      boss: [
        {
          say: [
            'Asking. ',
            { call: { id: 'c1', name: 'helper', arguments: { request: 'Count.' } } },
            { call: { id: 'c2', name: 'note', arguments: {} } },
            { call: { id: 'c3', name: 'checker', arguments: { request: 'Check.' } } },
            { call: { id: 'c4', name: 'helper', arguments: { request: 'Count again.' } } },
          ],
        },
        { say: ['Three.'] },
      ],
      helper: [{ say: ['It is 3.'] }, { say: ['It is 3.'] }],
      checker: says('Right.'),
    },
    tools: [
      {
        name: 'note',
        description: 'note',
        parameters: { type: 'object' },
        effect: 'once',
        execute: async () => {
          noted.push('noted');
          return { content: 'noted' };
        },
      },
    ],
  });
  const task = await rig.send('boss', 'How many?');
  t.equal(task.status.state, COMPLETED, JSON.stringify(task.status));
  t.same(
    new Map(textsOf(task)),
    new Map([
      ['response', 'Asking. Three.'],
      ['boss.helper/response', 'It is 3.'],
      ['boss.helper#2/response', 'It is 3.'],
      ['boss.checker/response', 'Right.'],
    ]),
    'what they say on the way reaches the client (AGT-25)',
  );
  t.match(
    task.artifacts?.find(({ artifactId }) => artifactId === 'boss.helper/response'),
    { metadata: { author: 'The helper', agent_id: 'helper', branch: 'boss.helper' } },
  );
  t.same(
    rig.models['helper']?.requests.map(linesOf).sort(),
    [['user: Count again.'], ['user: Count.']],
    'it sees the request and nothing else',
  );
  const results = rig.models['boss']?.requests[1]?.messages
    .at(-1)
    ?.parts.map((part) => (part.type === 'tool_result' ? [part.callId, part.content] : []));
  t.same(
    results?.map(([id]) => id),
    ['c1', 'c2', 'c3', 'c4'],
    'in the order of the calls (AGT-05)',
  );
  t.match(JSON.parse(String(results?.[0]?.[1])), { result: 'It is 3.', agent_name: 'helper', event_count: 1, invocation_id: String });
  t.same(noted, ['noted']);
});

t.test('an agent tool waits for approval as any other, and its own questions go through the task (W-32, TOOL-64)', async (t) => {
  const rig = await startAgents(t, {
    agents: {
      boss: { agent_tools: ['helper'], agent_tool_options: { helper: { require_approval: true, approval_prompt: 'Ask for: {request}?' } } },
      helper: { tools: ['request_approval'] },
    },
    says: {
      boss: [{ say: [call('helper', { request: 'Buy it.' })] }, { say: ['Bought.'] }],
      helper: [{ say: [call('request_approval', { action: 'pay' })] }, { say: ['Paid.'] }],
    },
  });
  const asked = await rig.send('boss', 'Buy');
  t.match(asked.status, { state: 'TASK_STATE_INPUT_REQUIRED', message: { parts: [{ text: /^Ask for: Buy it\.\?/ }] } });
  t.equal(rig.models['helper']?.requests.length, 0);
  const nested = await rig.send('boss', 'approve', { taskId: asked.id });
  t.match(nested.status, { state: 'TASK_STATE_INPUT_REQUIRED', message: { parts: [{ text: /pay/ }, { data: { agent: 'helper' } }] } });
  const done = await rig.send('boss', 'approve', { taskId: asked.id });
  t.equal(done.status.state, COMPLETED, JSON.stringify(done.status));
  t.same(linesOf(rig.models['boss']?.requests[1] as never).slice(0, 2), ['user: Buy', 'agent: <helper>']);
  t.match(linesOf(rig.models['boss']?.requests[1] as never)[2], /^tool: <helper: .*Paid\./);
  t.equal(rig.models['boss']?.requests[1]?.messages.length, 3, 'decisions are nothing that the model reads');
});

t.test('an agent tool that fails is an error result, and one that skips the summary is the answer (AGT-07, AGT-24)', async (t) => {
  const rig = await startAgents(t, {
    agents: {
      boss: { agent_tools: ['broken'] },
      short: { agent_tools: ['teller'], agent_tool_options: { teller: { skip_summarization: true } } },
      broken: { type: 'custom' },
      teller: {},
    },
    says: {
      boss: [{ say: [call('broken', { request: 'Try.' })] }, { say: ['It did not work.'] }],
      short: [{ say: [call('teller', { request: 'Tell.' })] }],
      teller: says('The whole story.'),
    },
    handlers: { broken: async () => ({ type: 'failed', text: 'out of order' }) },
  });
  t.equal((await rig.send('boss', 'Go')).status.state, COMPLETED);
  t.match(rig.models['boss']?.requests[1]?.messages.at(-1), {
    parts: [{ isError: true, content: "Error: agent 'broken' failed: out of order" }],
  });
  const told = await rig.send('short', 'Go');
  t.equal(told.status.state, COMPLETED);
  t.same(textsOf(told).find(([id]) => id === 'response')?.[1], 'The whole story.');
});

t.test('exit_loop ends the work, and without no_tool_calls nothing else does (AGT-02, AGT-08, AGT-09, CFG-45)', async (t) => {
  const rig = await startAgents(t, {
    agents: {
      worker: {
        reasoning: { enable_exit_tool: true, termination_conditions: ['escalate'], completion_instruction: 'Say when.' },
      },
    },
    says: { worker: [{ say: ['Thinking. '] }, { say: ['Done.', call('exit_loop')] }] },
  });
  const task = await rig.send('worker', 'Go');
  t.equal(task.status.state, COMPLETED, JSON.stringify(task.status));
  t.same(textsOf(task), [['response', 'Thinking. Done.']]);
  t.match(rig.models['worker']?.requests[0]?.system, /Say when\.$/);
  t.notMatch(rig.models['worker']?.requests[0]?.system, /exit_loop/);
  t.match(linesOf(rig.models['worker']?.requests[1] as never).at(-1), /^user: Go on/);
});
