import t from 'tap';
import type { StepOutcome } from '../../../../src/agents/agent.js';
import { createSequenceAgent } from '../../../../src/agents/workflow/create-sequence-agent.js';
import { systemClock as clock } from '../../../../src/base/clock.js';
import { agentSays, scriptedAgent, userSays, WorkflowRun } from '../../../support/workflow-run.js';

const says = (author: string, text: string) => () => ({ messages: [agentSays(author, text)] });
const sequence = (...members: Parameters<typeof createSequenceAgent>[0]['members']) =>
  createSequenceAgent({ name: 'flow', type: 'sequential', members, maxIterations: 0, clock });

t.test("a member's steps are the workflow's: its control is kept inside, and the next one begins with none (AGT-30)", async (t) => {
  const first = scriptedAgent('first', [() => ({ type: 'continue', durable: true, control: { at: 1 } }), says('first', 'a')]);
  const second = scriptedAgent('second', [says('second', 'b')]);
  const run = new WorkflowRun([userSays('Go')]);
  const agent = sequence(first, second);
  t.match(await run.step(agent), { type: 'continue', durable: true, control: { index: 0, iteration: 1, child: { at: 1 } } });
  t.match(await run.step(agent), { type: 'continue', control: { index: 1, iteration: 1, child: {} } });
  t.equal((await run.step(agent)).type, 'finished');
  t.same(
    first.seen.map(({ task, branch }) => [task.control, task.agent, branch]),
    [
      [{}, 'first', 'flow.first'],
      [{ at: 1 }, 'first', 'flow.first'],
    ],
  );
  t.same(
    second.seen[0]?.history.map(({ id }) => id),
    ['Go', 'first: a'],
    'it sees what the one before it said',
  );
  t.same(second.seen[0]?.task.control, {});
});

t.test('waits, branches and failures are those of the member whose turn it is (AGT-30)', async (t) => {
  const statusMessage = { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'why' }] } as const;
  for (const outcome of [
    { type: 'wait', state: 'TASK_STATE_INPUT_REQUIRED', statusMessage },
    { type: 'branch', starts: [], says: [] },
    { type: 'failed', statusMessage },
    { type: 'rejected', statusMessage },
  ] as const) {
    const run = new WorkflowRun([userSays('Go')]);
    const agent = sequence(
      scriptedAgent('first', [says('first', 'a')]),
      scriptedAgent('second', [() => ({ ...(outcome as Partial<StepOutcome>), control: { kept: true } })]),
    );
    await run.toRest(agent);
    t.match(run.last, { ...outcome, control: { index: 1, child: { kept: true } } });
  }
});

t.test('what a member ends with is told on the way, and its tokens count (AGT-30)', async (t) => {
  const usage = (input: number) => ({ statusMetadata: { 'hector:usage': { input_tokens: input, output_tokens: 1 } } });
  const statusMessage = { messageId: 'end', role: 'ROLE_AGENT', parts: [{ text: 'my word' }] } as const;
  const run = new WorkflowRun([userSays('Go')]);
  await run.toRest(
    sequence(scriptedAgent('a', [() => ({ statusMessage, isDirect: true, ...usage(2) })]), scriptedAgent('b', [() => usage(3)])),
  );
  t.match(run.history[1], { id: 'end', role: 'agent', author: 'a', parts: [{ type: 'text', text: 'my word' }] });
  t.match(run.events, [{ type: 'status.changed', status: { state: 'TASK_STATE_WORKING', message: statusMessage } }]);
  t.match(run.last, { type: 'finished', statusMetadata: { 'hector:usage': { input_tokens: 5, output_tokens: 2 } } });
});

t.test('a loop goes round until max_iterations or an escalation, which it keeps to itself; a sequence passes it on (AGT-32)', async (t) => {
  const loop = (maxIterations: number, ...members: Parameters<typeof createSequenceAgent>[0]['members']) =>
    createSequenceAgent({ name: 'loop', type: 'loop', members, maxIterations, clock });
  const nothing = () => ({});
  const a = scriptedAgent('a', [nothing, nothing, nothing]);
  const counted = new WorkflowRun([userSays('Go')]);
  await counted.toRest(loop(3, a));
  t.equal(counted.last.type, 'finished');
  t.same(
    a.seen.map(({ branch }) => branch),
    ['loop.a', 'loop.a#2', 'loop.a#3'],
    'no two turns share a branch',
  );

  const b = scriptedAgent('b', [nothing, () => ({ actions: { escalate: 'enough' } })]);
  const c = scriptedAgent('c', [nothing]);
  const escalated = new WorkflowRun([userSays('Go')]);
  await escalated.toRest(loop(0, b, c));
  t.equal(escalated.last.type, 'finished');
  t.notOk((escalated.last as { actions?: unknown }).actions);

  const passed = new WorkflowRun([userSays('Go')]);
  await passed.toRest(sequence(scriptedAgent('d', [() => ({ actions: { escalate: 'up' } })]), scriptedAgent('e', [])));
  t.match(passed.last, { type: 'finished', actions: { escalate: 'up' } });
});

t.test('a loop that nothing ends fails at the safety limit, and says which key bounds it (AGT-32)', async (t) => {
  const run = new WorkflowRun([userSays('Go')]);
  run.control = { index: 0, iteration: 10_001, child: {} };
  await run.step(createSequenceAgent({ name: 'loop', type: 'loop', members: [scriptedAgent('a', [])], maxIterations: 0, clock }));
  t.match(run.last, { type: 'failed', statusMessage: { parts: [{ text: /10000 iterations.*agents\.loop\.max_iterations/ }] } });
});

t.test('the same agent twice in a row has two turns, and memory of its own in each (AGT-30)', async (t) => {
  const turns: AbortSignal[] = [];
  const member = {
    name: 'a',
    runStep: async (_: unknown, { turn }: { turn: AbortSignal }) => {
      turns.push(turn);
      return { type: 'finished', control: {}, messages: [], events: [] } as const;
    },
  };
  const agent = sequence(member, member);
  const turn = new AbortController();
  const state = { task: (await import('../../../support/llm-agent.js')).taskRecord(), history: [] };
  const context = (await import('../../../support/llm-agent.js')).stepContext({ turn: turn.signal });
  const first = await agent.runStep(state, context);
  await agent.runStep({ ...state, task: { ...state.task, control: first.control } }, context);
  await agent.runStep(state, context);
  t.not(turns[0], turns[1]);
  t.equal(turns[0], turns[2], 'the same for all steps of one turn');
  turn.abort();
  t.ok(turns.every(({ aborted }) => aborted));
});
