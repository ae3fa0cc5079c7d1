import t from 'tap';
import type { Agent } from '../../../src/agents/agent.js';
import { systemClock as clock } from '../../../src/base/clock.js';
import type { AgentSettings } from '../../../src/config/settings.js';
import { buildAgents } from '../../../src/runtime/build-agents.js';
import { stepContext, taskRecord } from '../../support/llm-agent.js';
import { agentSettings, reasoningSettings } from '../../support/test-settings.js';

const agent = (name: string): Agent => ({
  name,
  runStep: async () => ({ type: 'finished', control: {}, messages: [], events: [], actions: { escalate: 'up', transferTo: 'x' } }),
});

function build(agents: Readonly<Record<string, AgentSettings>>) {
  const tools: string[] = [];
  const built = buildAgents({
    settings: { agents },
    createLlm: (name, _, given) => {
      tools.push(`${name}: ${given.map((tool) => tool.name).join(' ')}`);
      return agent(name);
    },
    createRunner: agent,
    createRemote: agent,
    findCustom: (name) => (name === 'gone' ? undefined : agent(name)),
    clock,
  });
  return { built, tools };
}

t.test('agents are built whatever their order in the file, and those of no handler here are left out (AGT-34, W-24)', async (t) => {
  const agents = {
    top: agentSettings({ type: 'sequential', subAgents: ['team', 'gone'] }),
    team: agentSettings({ type: 'parallel', subAgents: ['leaf'] }),
    gone: agentSettings({ type: 'custom', handler: 'lost' }),
    leaf: agentSettings(),
    run: agentSettings({ type: 'runner', tools: ['x'] }),
  };
  const forward = build(agents);
  const backward = build(Object.fromEntries(Object.entries(agents).reverse()));
  t.same([...forward.built.keys()].sort(), ['leaf', 'run', 'team', 'top']);
  t.same([...backward.built.keys()].sort(), [...forward.built.keys()].sort());
  const top = forward.built.get('top');
  const state = { task: taskRecord({ index: 1, iteration: 1, child: {} }), history: [] };
  await t.rejects(async () => top?.runStep(state, stepContext()), { code: 'AGENT_HANDLER_MISSING', message: /agents\.gone.*'lost'/ });
});

t.test(
  'an agent has the tools of its place: transfers where it is a sub-agent, escalate where it is in a loop (AGT-20, AGT-23, W-26)',
  async (t) => {
    const { tools } = build({
      desk: agentSettings({ subAgents: ['clerk', 'round'], agentTools: ['expert'] }),
      clerk: agentSettings(),
      round: agentSettings({ type: 'loop', subAgents: ['pair', 'quiet'] }),
      pair: agentSettings({ type: 'sequential', subAgents: ['deep'] }),
      deep: agentSettings({ agentTools: ['expert'] }),
      quiet: agentSettings({ reasoning: reasoningSettings({ enableEscalateTool: false }) }),
      expert: agentSettings({ reasoning: reasoningSettings({ enableExitTool: true }) }),
    });
    t.same(
      [...new Set(tools)].sort(),
      [
        'clerk: ',
        'clerk: transfer_to_desk transfer_to_round',
        'deep: expert escalate',
        'desk: expert transfer_to_clerk transfer_to_round',
        'expert: exit_loop',
        'quiet: ',
      ].sort(),
    );
  },
);

t.test('what a run wants of those above it is in its last status, for a parent to read (AGT-32, API-54)', async (t) => {
  const { built } = build({ alone: agentSettings() });
  const outcome = await built.get('alone')?.runStep({ task: taskRecord(), history: [] }, stepContext());
  t.match(outcome, { type: 'finished', statusMetadata: { 'hector:escalate': 'up' } });
  t.notOk((outcome as { actions?: unknown }).actions);
});
