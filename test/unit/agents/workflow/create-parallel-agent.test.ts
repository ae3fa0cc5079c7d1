import t from 'tap';
import { createParallelAgent } from '../../../../src/agents/workflow/create-parallel-agent.js';
import { systemClock as clock } from '../../../../src/base/clock.js';
import { textOf } from '../../../../src/tasks/session-message.js';
import { agentSays, userSays, WorkflowRun } from '../../../support/workflow-run.js';

const DONE = 'TASK_STATE_COMPLETED';
const WAITS = 'TASK_STATE_INPUT_REQUIRED';
const create = (...members: string[]) => createParallelAgent({ name: 'team', members, clock });

t.test('one branch with a run per member, each under a branch of its own, with history and shared state (AGT-31, AGT-26)', async (t) => {
  const run = new WorkflowRun([userSays('Go')], { branch: 'top.team#2' });
  await run.step(create('a', 'b', 'a'));
  t.match(run.last, { type: 'branch', says: [], messages: [] });
  t.same(run.starts, [
    { agent: 'a', key: 'top.team#2.a', messages: [], inheritsHistory: true, state: 'shared', control: {} },
    { agent: 'b', key: 'top.team#2.b', messages: [], inheritsHistory: true, state: 'shared', control: {} },
    { agent: 'a', key: 'top.team#2.a#2', messages: [], inheritsHistory: true, state: 'shared', control: {} },
  ]);
});

t.test('the join says what each said, with its tokens, and what went wrong (AGT-31, W-23, W-25)', async (t) => {
  const run = new WorkflowRun([userSays('Go')]);
  const agent = create('a', 'b', 'c');
  await run.step(agent);
  const statusMetadata = { 'hector:usage': { input_tokens: 2 } };
  run.settle('team.a', DONE, '', { messages: [agentSays('a', 'so'), agentSays('a', 'A')], statusMetadata });
  run.settle('team.b', 'TASK_STATE_FAILED', 'too late', { statusMetadata });
  run.settle('team.c', 'TASK_STATE_REJECTED', 'no');
  await run.step(agent);
  t.match(run.last, { type: 'finished', statusMetadata: { 'hector:usage': { input_tokens: 4 } } });
  const text = "[a]\nA\n\n[b]\n(agent 'b' failed: too late)\n\n[c]\n(agent 'c' declined: no)";
  t.same(
    run.history.slice(1).map((message) => [message.role, message.author, textOf(message)]),
    [['agent', 'team', text]],
  );
  t.match(run.events, [{ type: 'artifact.updated', artifact: { artifactId: 'response', parts: [{ text }] }, lastChunk: true }]);
});

t.test('all failed is failed, and one that escalates ends the loop around it (AGT-31, AGT-32)', async (t) => {
  const failed = new WorkflowRun([userSays('Go')]);
  const agent = create('a', 'b');
  await failed.step(agent);
  failed.settle('team.a', 'TASK_STATE_FAILED', 'x');
  failed.settle('team.b', 'TASK_STATE_CANCELED', '');
  await failed.step(agent);
  t.match(failed.last, { type: 'failed', statusMessage: { parts: [{ text: /agent 'a' failed: x; agent 'b' was canceled/ }] } });

  const escalated = new WorkflowRun([userSays('Go')]);
  await escalated.step(agent);
  escalated.settle('team.a', DONE, 'x', { statusMetadata: { 'hector:escalate': 'enough' } });
  escalated.settle('team.b', DONE, 'y');
  await escalated.step(agent);
  t.match(escalated.last, { type: 'finished', actions: { escalate: 'enough' } });
});

t.test('a message is passed on once: after it, those that still wait are asked for again (AGT-31)', async (t) => {
  const run = new WorkflowRun([userSays('Go')]);
  const agent = create('a', 'b');
  await run.step(agent);
  run.settle('team.a', WAITS, 'Your name?', { expiresAt: clock.now() + 5_000 });
  run.settle('team.b', DONE, 'B');
  const asked = await run.step(agent);
  t.match(asked, { type: 'wait', state: WAITS, statusMessage: { parts: [{ text: 'Your name?' }] } });
  t.notOk('expiresAfterMs' in asked, 'when the question expires, the run is woken');
  run.history = [...run.history, userSays('Ada')];
  t.match(await run.step(agent), { type: 'branch', starts: [], says: [{ key: 'team.a', message: { parts: [{ text: 'Ada' }] } }] });
  run.settle('team.a', WAITS, 'And your town?');
  t.match(
    await run.step(agent),
    { type: 'wait', statusMessage: { parts: [{ text: 'And your town?' }] } },
    'the same message is no answer to it',
  );
  run.settle('team.a', DONE, 'A');
  t.equal((await run.step(agent)).type, 'finished');
});
