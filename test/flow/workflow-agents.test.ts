/** Workflows through the front door: members in the workflow's own run, and in runs below it (AGT-30…35). */
import t from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { linesOf, startAgents, textsOf } from '../support/agents-rig.js';
import type { ScriptedPiece } from '../support/scripted-llm.js';

const COMPLETED = 'TASK_STATE_COMPLETED';
const says = (...texts: readonly string[]) => texts.map((text) => ({ say: [text] }));
const call = (name: string, args = {}): ScriptedPiece => ({ call: { name, arguments: args } });

t.test('a sequence runs its members in their order, and each reads what those before it said (AGT-30)', async (t) => {
  const rig = await startAgents(t, {
    agents: { flow: { type: 'sequential', sub_agents: ['draft', 'edit'] }, edit: { name: 'The editor' }, draft: {} },
    says: { draft: says('A first try.'), edit: says('A better try.') },
  });
  const task = await rig.send('flow', 'Write');
  t.equal(task.status.state, COMPLETED);
  t.same(textsOf(task), [
    ['flow.draft/response', 'A first try.'],
    ['flow.edit/response', 'A better try.'],
  ]);
  t.match(task.artifacts?.[1], { metadata: { author: 'The editor', agent_id: 'edit', branch: 'flow.edit' } });
  t.same(linesOf(rig.models['edit']?.requests[0] as never), ['user: Write', "user: [Message from agent 'draft']: A first try."]);
});

t.test(
  'a loop ends when a member escalates, which members can without being told so, or after max_iterations (AGT-32, W-26)',
  async (t) => {
    const rig = await startAgents(t, {
      agents: {
        until: { type: 'loop', sub_agents: ['work', 'check'] },
        twice: { type: 'loop', sub_agents: ['count'], max_iterations: 2 },
        work: {},
        check: {},
        count: {},
      },
      says: {
        work: says('one', 'two'),
        check: [{ say: ['Again.'] }, { say: ['Good. ', call('escalate', { reason: 'done' })] }],
        count: says('1', '2'),
      },
    });
    const task = await rig.send('until', 'Go');
    t.equal(task.status.state, COMPLETED);
    t.same(textsOf(task), [
      ['until.work/response', 'one'],
      ['until.check/response', 'Again.'],
      ['until.work#2/response', 'two'],
      ['until.check#2/response', 'Good. '],
    ]);
    t.same(
      rig.models['work']?.requests[0]?.tools.map(({ name }) => name),
      ['escalate'],
    );
    t.match(rig.models['work']?.requests[0]?.system, /call escalate/);
    t.same(
      textsOf(await rig.send('twice', 'Go')).map(([, text]) => text),
      ['1', '2'],
    );
  },
);

t.test('a sequence inside a loop is left early when one of its members escalates, and the loop ends (AGT-32, AGT-34)', async (t) => {
  const rig = await startAgents(t, {
    agents: {
      loop: { type: 'loop', sub_agents: ['pair'] },
      pair: { type: 'sequential', sub_agents: ['first', 'second'] },
      first: {},
      second: {},
    },
    says: { first: [{ say: ['one'] }, { say: [call('escalate')] }], second: says('two') },
  });
  const task = await rig.send('loop', 'Go');
  t.equal(task.status.state, COMPLETED);
  t.same(textsOf(task), [
    ['loop.pair.first/response', 'one'],
    ['loop.pair.second/response', 'two'],
  ]);
});

t.test('parallel members see the history and not each other, and their answers are joined (AGT-31, AGT-26, W-25)', async (t) => {
  const rig = await startAgents(t, {
    agents: { both: { type: 'parallel', sub_agents: ['left', 'right'] }, left: {}, right: {} },
    says: { left: says('L'), right: says('R') },
  });
  const task = await rig.send('both', 'Look');
  t.equal(task.status.state, COMPLETED);
  t.same(
    new Map(textsOf(task)),
    new Map([
      ['both.left/response', 'L'],
      ['both.right/response', 'R'],
      ['response', '[left]\nL\n\n[right]\nR'],
    ]),
  );
  t.equal(task.artifacts?.at(-1)?.artifactId, 'response', 'the joined answer comes last');
  for (const name of ['left', 'right']) t.same(linesOf(rig.models[name]?.requests[0] as never), ['user: Look']);
});

t.test('what one parallel member fails with is told beside what the others say; all failed is failed (AGT-31, W-23)', async (t) => {
  const rig = await startAgents(t, {
    agents: {
      some: { type: 'parallel', sub_agents: ['good', 'bad'] },
      none: { type: 'parallel', sub_agents: ['bad', 'bad'] },
      good: {},
      bad: { type: 'custom' },
    },
    says: { good: says('G') },
    handlers: { bad: async () => ({ type: 'failed', text: 'no luck' }) },
  });
  const some = await rig.send('some', 'Go');
  t.equal(some.status.state, COMPLETED);
  t.equal(textsOf(some).at(-1)?.[1], "[good]\nG\n\n[bad]\n(agent 'bad' failed: no luck)");
  const none = await rig.send('none', 'Go');
  t.equal(none.status.state, 'TASK_STATE_FAILED');
  t.match(none.status.message?.parts[0]?.text, /no luck.*no luck/);
});

t.test('any kind nests in any kind, whatever their order in the file (AGT-34, W-24)', async (t) => {
  const rig = await startAgents(t, {
    agents: {
      top: { type: 'sequential', sub_agents: ['team', 'sum'] },
      sum: {},
      team: { type: 'parallel', sub_agents: ['rounds', 'code'] },
      rounds: { type: 'loop', sub_agents: ['one'], max_iterations: 2 },
      one: {},
      code: { type: 'custom' },
    },
    says: { one: says('a', 'b'), sum: says('All of it.') },
    handlers: { code: async ({ message }) => `code saw ${message.parts[0]?.text}` },
  });
  const task = await rig.send('top', 'Do it');
  t.equal(task.status.state, COMPLETED, JSON.stringify(task.status));
  t.same(
    new Map(textsOf(task)),
    new Map([
      ['top.team.rounds.one/response', 'a'],
      ['top.team.rounds.one#2/response', 'b'],
      ['top.team.code/response', 'code saw Do it'],
      ['top.team/response', '[rounds]\nb\n\n[code]\ncode saw Do it'],
      ['top.sum/response', 'All of it.'],
    ]),
  );
  t.same(linesOf(rig.models['sum']?.requests[0] as never), [
    'user: Do it',
    "user: [Message from agent 'team']: [rounds]\nb\n\n[code]\ncode saw Do it",
  ]);
});

t.test('questions of parallel members are one wait; each answer reaches the member that it concerns (AGT-31, TOOL-62)', async (t) => {
  const rig = await startAgents(t, {
    agents: {
      both: { type: 'parallel', sub_agents: ['buyer', 'seller', 'asker'] },
      buyer: { tools: ['request_approval'] },
      seller: { tools: ['request_approval'] },
      asker: { type: 'custom' },
    },
    says: {
      buyer: [{ say: [{ call: { id: 'c0', name: 'request_approval', arguments: { action: 'buy' } } }] }, ...says('Bought.')],
      seller: [{ say: [{ call: { id: 'c0', name: 'request_approval', arguments: { action: 'sell' } } }] }, ...says('Kept.')],
    },
    handlers: {
      asker: async ({ wait, message }) =>
        wait === undefined ? { type: 'input-required', text: 'Which town?' } : `It is ${message.parts[0]?.text}.`,
    },
  });
  const asked = await rig.send('both', 'Trade');
  t.equal(asked.status.state, 'TASK_STATE_INPUT_REQUIRED');
  const data = asked.status.message?.parts.flatMap((part) => (part.data === undefined ? [] : [part.data]));
  t.match(data, [
    { agent: 'buyer', type: 'tool_approval_request', tool_call_id: /^c0-/ },
    { agent: 'seller', type: 'tool_approval_request', tool_call_id: /^c0-/ },
  ]);
  const [buy, sell] = (data ?? []).map((part) => (part as JsonObject)['tool_call_id'] as string) as [string, string];
  t.not(buy, sell, 'models of siblings may choose the same id; who decides can tell the calls apart');
  t.match(asked.status.message?.parts[0]?.text, /\[buyer\].*\[seller\].*\[asker\] Which town\?/s);

  const unclear = await rig.send('both', 'approve', { taskId: asked.id });
  t.equal(unclear.status.state, 'TASK_STATE_INPUT_REQUIRED');
  t.match(unclear.status.message?.parts[0]?.text, /^2 calls wait, so 'approve' alone is not enough/);

  const half = await rig.send('both', '', {
    taskId: asked.id,
    parts: [{ data: { type: 'tool_approval', tool_call_id: sell, decision: 'deny' } }, { text: 'Rome' }],
  });
  t.equal(half.status.state, 'TASK_STATE_INPUT_REQUIRED');
  t.match(half.metadata, { long_running_tool_ids: [buy] });

  const done = await rig.send('both', 'approve', { taskId: asked.id });
  t.equal(done.status.state, COMPLETED);
  t.equal(textsOf(done).at(-1)?.[1], '[buyer]\nBought.\n\n[seller]\nKept.\n\n[asker]\nIt is Rome.');
});

t.test('a runner hands from tool to tool, waits for approvals, and ends with what the last one put out (AGT-33)', async (t) => {
  const calls: unknown[] = [];
  const tool = (name: string, parameters: JsonObject, content: (args: Record<string, unknown>) => string) => ({
    name,
    description: name,
    parameters: { type: 'object', properties: parameters, required: Object.keys(parameters) },
    effect: 'once' as const,
    execute: async (args: Record<string, unknown>) => {
      calls.push([name, args]);
      // What programs are told of a call is no output: the next tool must not be called with it.
      return { content: content(args), data: { a: 'of the call' } };
    },
  });
  const rig = await startAgents(t, {
    agents: { run: { type: 'runner', tools: ['split', 'join'] }, flow: { type: 'sequential', sub_agents: ['run', 'say'] }, say: {} },
    says: { say: says('Fine.') },
    tools: [
      { ...tool('split', { text: { type: 'string' } }, ({ text }) => JSON.stringify({ a: text, b: 'x' })) },
      { ...tool('join', { a: { type: 'string' }, b: { type: 'string' } }, ({ a, b }) => `${a}-${b}`), requiresApproval: true },
    ],
  });
  const asked = await rig.send('flow', 'hello');
  t.equal(asked.status.state, 'TASK_STATE_INPUT_REQUIRED', JSON.stringify(asked.status));
  const done = await rig.send('flow', 'approve', { taskId: asked.id });
  t.equal(done.status.state, COMPLETED);
  t.same(calls, [
    ['split', { text: 'hello' }],
    ['join', { a: 'hello', b: 'x' }],
  ]);
  t.same(textsOf(done), [
    ['flow.run/response', 'hello-x'],
    ['flow.say/response', 'Fine.'],
  ]);
  t.same(linesOf(rig.models['say']?.requests[0] as never), ['user: hello', "user: [Message from agent 'run']: hello-x"]);
});
