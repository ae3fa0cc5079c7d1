import t from 'tap';
import { createAgentTool } from '../../../src/agents/as-tool/create-agent-tool.js';
import { readOpenChildren } from '../../../src/agents/open-children.js';
import { createParallelAgent } from '../../../src/agents/workflow/create-parallel-agent.js';
import { createSequenceAgent } from '../../../src/agents/workflow/create-sequence-agent.js';
import { systemClock } from '../../../src/base/clock.js';
import { readChildRuns } from '../../../src/steps/read-child-runs.js';
import { createTestAgent, taskRecord } from '../../support/llm-agent.js';
import { createScriptedModel } from '../../support/scripted-llm.js';
import { scriptedAgent, userSays, WorkflowRun } from '../../support/workflow-run.js';

t.test('a workflow asks for the messages of its branches until they are joined, and not after it (AGT-31)', async (t) => {
  const both = createParallelAgent({ name: 'both', members: ['a', 'b'], clock: systemClock });
  const agent = createSequenceAgent({
    name: 'flow',
    type: 'sequential',
    members: [both, scriptedAgent('last', [() => ({})])],
    maxIterations: 0,
    clock: systemClock,
  });
  const run = new WorkflowRun([userSays('Go')]);
  await run.step(agent);
  t.same(
    readOpenChildren(run.control),
    run.starts.map(({ key }) => key),
  );
  t.equal(run.starts.length, 2);
  for (const { key } of run.starts) run.settle(key, 'TASK_STATE_COMPLETED', 'done');
  await run.step(agent);
  t.same(readOpenChildren(run.control), []);
});

t.test('an agent asks for the messages of runs that its open calls began, and not after their results (AGT-23)', async (t) => {
  const asks = { say: [{ call: { name: 'other', arguments: { request: 'Do it' }, id: 'c1' } }] };
  const tools = [createAgentTool({ agent: 'other', description: 'Other', inputSchema: undefined })];
  const agent = createTestAgent(createScriptedModel(t, [asks]), { tools });
  const run = new WorkflowRun([userSays('Go')]);
  await run.toRest(agent);
  const keys = run.starts.map(({ key }) => key);
  t.same([keys.length, readOpenChildren(run.control)], [1, keys]);
  run.settle(keys[0] ?? '', 'TASK_STATE_COMPLETED', 'done');
  await run.step(agent);
  t.same(readOpenChildren(run.control), []);
});

t.test('a run that is taken reads the messages of open children only', async (t) => {
  const asked: unknown[] = [];
  const store = {
    children: async (id: string, messagesOf?: readonly string[]) => {
      asked.push([id, messagesOf]);
      return [];
    },
  };
  await readChildRuns({ ...taskRecord({ child: { openChildren: ['x'] }, delegated: { c1: 'y' } }), children: 3 }, store);
  t.same(asked, [[taskRecord().id, ['y', 'x']]]);
});
