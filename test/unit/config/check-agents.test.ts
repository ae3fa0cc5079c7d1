import t from 'tap';
import type { JsonObject } from '../../../src/base/json.js';
import { findAgentPath, findCycle, listAgents, walkAgents } from '../../../src/config/agent-graph.js';
import { checkAgents } from '../../../src/config/check-agents.js';
import { loadSettings } from '../../../src/config/load-settings.js';

const found = (agents: Readonly<Record<string, JsonObject>>) => {
  const withType = Object.fromEntries(Object.entries(agents).map(([name, agent]) => [name, { type: 'llm', ...agent }]));
  return checkAgents(withType).map(({ path, description }) => `${path.slice(1).join('.')}: ${description}`);
};

t.test('a name that no agent has is an error at its place, with the nearest one (CFG-92, AGT-35, W-101)', async (t) => {
  t.same(found({ desk: { sub_agents: ['biling'], agent_tools: ['x'] }, billing: {} }), [
    `desk.sub_agents.0: agent "biling" not found in sub_agents; did you mean 'billing'?`,
    `desk.agent_tools.0: agent "x" not found in agent_tools; 'agents' has desk, billing`,
  ]);
});

t.test('a circle of references is an error that names it, through whatever lists it goes (CFG-92, AGT-35, W-24)', async (t) => {
  const circle = 'circular agent reference detected: a → b → a';
  t.same(found({ a: { sub_agents: ['b'] }, b: { agent_tools: ['a'] } }), [`a.sub_agents: ${circle}`]);
  t.same(found({ a: { agent_tools: ['b'] }, b: { type: 'loop', sub_agents: ['a'] } }), [`a.agent_tools: ${circle}`]);
  t.same(found({ a: { sub_agents: ['a'] } }), ['a.sub_agents: circular agent reference detected: a → a']);
  t.same(found({ a: { sub_agents: ['b', 'c'] }, b: { sub_agents: ['d'] }, c: { sub_agents: ['d'] }, d: {} }), [], 'two ways are no circle');
});

t.test('what only some types have is refused on others, and what a type needs is asked for (CFG-32)', async (t) => {
  t.same(found({ w: { type: 'parallel' }, r: { type: 'runner' }, c: { type: 'custom', sub_agents: ['x'] }, x: { max_iterations: 3 } }), [
    'w.sub_agents: missing: an agent of type parallel needs at least one',
    'r.tools: missing: an agent of type runner needs the tools that it runs, in their order',
    'c.sub_agents: agents of type custom have none; wanted llm, sequential, parallel or loop',
    'x.max_iterations: only agents of type loop have it; a model is bounded by reasoning.max_iterations',
  ]);
  t.same(
    found({ s: { type: 'sequential', sub_agents: ['x', 'x'], agent_tools: ['x'] }, x: {} }),
    ['s.agent_tools: agents of type sequential call none; wanted llm'],
    'a workflow may run an agent twice',
  );
  t.same(found({ a: { sub_agents: ['x', 'x'], agent_tools: ['y'], tools: ['y'], agent_tool_options: { z: {} } }, x: {}, y: {} }), [
    "a.sub_agents.1: 'x' is listed twice",
    "a.agent_tools.0: 'y' is among its tools, too; a model could not tell them apart",
    "a.agent_tool_options.z: 'z' is not among its agent_tools",
  ]);
});

t.test('an agent cannot be a tool under the name of a control tool (AGT-08, AGT-20)', async (t) => {
  const description = (name: string) =>
    `a tool '${name}' would take the place of the one by which models end loops or hand over; name the agent otherwise`;
  t.same(found({ a: { agent_tools: ['escalate', 'transfer_to_b'] }, escalate: {}, transfer_to_b: {} }), [
    `a.agent_tools.0: ${description('escalate')}`,
    `a.agent_tools.1: ${description('transfer_to_b')}`,
  ]);
});

t.test('workflows and runners need no llm, also among several (CFG-32, CFG-45)', async (t) => {
  const { agents } = loadSettings({
    workingDirectory: t.testdir(),
    environment: {},
    overrides: {
      llms: { one: { provider: 'offline' }, two: { provider: 'offline' } },
      agents: {
        flow: { type: 'sequential', sub_agents: ['a'] },
        round: { type: 'loop', sub_agents: ['a'] },
        run: { type: 'runner', tools: ['request_approval'] },
        a: {
          llm: 'one',
          reasoning: { termination_conditions: ['transfer'] },
          agent_tools: ['b'],
          agent_tool_options: { b: { require_approval: true } },
        },
        b: { llm: 'two' },
      },
    },
  });
  t.equal(agents['flow']?.maxIterations, undefined);
  t.equal(agents['round']?.maxIterations, 0, 'until a member escalates');
  t.match(agents['a'], {
    reasoning: { maxIterations: 100, enableExitTool: false, enableEscalateTool: undefined, terminationConditions: ['transfer'] },
    agentToolOptions: { b: { requireApproval: true, skipSummarization: false } },
  });
});

t.test('agents are listed, walked and found by path (AGT-29)', async (t) => {
  const node = (...subAgents: readonly string[]) => ({ subAgents, agentTools: [] });
  const agents = { top: node('b', 'a'), a: node('leaf'), b: node('a'), leaf: node(), other: node() };
  t.same(listAgents(agents), ['a', 'b', 'leaf', 'other', 'top']);
  t.same(walkAgents(agents, 'top'), ['top', 'b', 'a', 'leaf']);
  t.same(findAgentPath(agents, 'top', 'leaf'), ['top', 'a', 'leaf'], 'the shortest way');
  t.same(findAgentPath(agents, 'top', 'top'), ['top']);
  t.equal(findAgentPath(agents, 'top', 'other'), undefined);
  t.equal(findAgentPath(agents, 'nobody', 'leaf'), undefined);
  t.equal(findCycle(agents), undefined);
});

t.test('remote agents need an address and no llm; nobody else has their keys (AGT-40, AGT-44, CFG-32)', (t) => {
  const cases: [object, string | undefined][] = [
    [{ type: 'remote', url: 'https://a.example' }, undefined],
    [{ type: 'remote', agent_card_file: 'card.json' }, undefined],
    [{ type: 'remote' }, 'agents.far.url'],
    [{ type: 'remote', agent_card_url: 'https://a.example/c', agent_card_file: 'c' }, 'agents.far.agent_card_file'],
    [{ type: 'remote', url: 'ftp://a.example' }, 'agents.far.url'],
    [{ type: 'remote', url: 'https://a.example', credentials: { type: 'bearer' } }, 'agents.far.credentials.token'],
    [{ type: 'remote', url: 'https://a.example', credentials: { type: 'basic', username: 'u' } }, 'agents.far.credentials.password'],
    [{ type: 'remote', url: 'https://a.example', credentials: { type: 'api_key', api_key: 'k' } }, undefined],
    [{ type: 'llm', llm: 'a', url: 'https://a.example' }, 'agents.far.url'],
    [{ type: 'llm', llm: 'a', timeout: '3s' }, 'agents.far.timeout'],
    [{ type: 'remote', url: 'https://a.example', sub_agents: ['far'] }, 'agents.far.sub_agents'],
  ];
  for (const [far, field] of cases) {
    const load = () =>
      loadSettings({
        overrides: { llms: { a: { provider: 'offline' }, b: { provider: 'offline' } }, agents: { far } } as JsonObject,
        workingDirectory: process.cwd(),
        environment: {},
      });
    if (field === undefined) t.equal(load().agents['far']?.timeoutMs, 30_000);
    else t.throws(load, { code: 'CONFIG_INVALID', problems: [{ field }] }, field);
  }
  t.end();
});
