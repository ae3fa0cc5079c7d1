import t from 'tap';
import type { Agent, StepContext } from '../../../src/agents/agent.js';
import { scopeAgent } from '../../../src/agents/scope-agent.js';
import type { TaskEvent, TaskEventBody } from '../../../src/tasks/task-event.js';
import { stepContext, taskRecord } from '../../support/llm-agent.js';

const artifact = (artifactId: string): TaskEventBody => ({
  type: 'artifact.updated',
  artifact: { artifactId, parts: [{ text: 'x' }] },
  append: false,
  lastChunk: true,
});
const stored = (body: TaskEventBody, seq: number): TaskEvent => ({ ...body, taskId: 't', contextId: 'c', seq, epoch: 1, at: 0 });

function create(act: (context: StepContext) => Promise<readonly TaskEventBody[]>): Agent {
  const agent: Agent = {
    name: 'writer',
    runStep: async (_, context) => ({ type: 'finished', control: {}, messages: [], events: await act(context) }),
  };
  return scopeAgent(agent, { author: 'The writer' });
}

t.test(
  "artifacts, previews and updates below the run's own agent are under their branch and say whose they are (AGT-16, AGT-26, W-22)",
  async (t) => {
    const previews: string[] = [];
    const agent = create(async ({ preview }) => {
      preview('response', 'x');
      return [artifact('response'), { type: 'status.changed', status: { state: 'TASK_STATE_WORKING', timestamp: '' } }];
    });
    const context = stepContext({ preview: (id) => previews.push(id) });
    const outcome = await agent.runStep({ task: taskRecord(), history: [], branch: 'flow.writer#2' }, context);
    t.same(previews, ['flow.writer#2/response']);
    const metadata = { author: 'The writer', agent_id: 'writer', branch: 'flow.writer' };
    t.match(outcome.events, [{ artifact: { artifactId: 'flow.writer#2/response', metadata } }, { metadata }]);

    const alone = await agent.runStep({ task: taskRecord(), history: [] }, context);
    t.same(alone.events[0], artifact('response'), "the run's own agent stays as it is");
    const child = { parentId: 'p', rootId: 'r', key: 'boss.writer' } as never;
    const below = await agent.runStep({ task: { ...taskRecord(), child }, history: [] }, context);
    t.match(below.events[0], { artifact: { artifactId: 'boss.writer/response' } });
  },
);

t.test('an agent finds its own artifacts in the log, under its own ids, and no others', async (t) => {
  let seen: readonly TaskEvent[] = [];
  const agent = create(async ({ readEvents }) => {
    seen = await readEvents();
    return [];
  });
  const created: TaskEventBody = { type: 'task.created', message: { messageId: 'm', role: 'ROLE_USER', parts: [] } };
  const log = [created, artifact('response'), artifact('flow.writer/plan'), artifact('flow.other/plan')].map(stored);
  await agent.runStep({ task: taskRecord(), history: [], branch: 'flow.writer' }, stepContext({ readEvents: async () => log }));
  t.same(
    seen.map((event) => (event.type === 'artifact.updated' ? event.artifact.artifactId : event.type)),
    ['task.created', 'plan'],
  );
});
