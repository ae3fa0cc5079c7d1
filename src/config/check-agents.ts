/** Agents that refer to each other, and what only some types have (CFG-32, CFG-92, AGT-35). */
import { isJsonObject, type JsonObject } from '../base/json.js';
import { type AgentGraph, findCycle } from './agent-graph.js';
import { findNearestName } from './nearest-name.js';
import type { Finding } from './problem.js';

type Agents = Readonly<Record<string, JsonObject>>;

export function checkAgents(agents: Agents): readonly Finding[] {
  const findings = Object.entries(agents).flatMap(([name, agent]) => [
    ...checkNames(agents, name, agent),
    ...checkType(name, agent),
    ...checkToolNames(name, agent),
    ...checkRemote(name, agent),
    ...checkRoles(agents, name, agent),
  ]);
  const cycle = findCycle(toGraph(agents));
  if (cycle === undefined) return findings;
  const [first = '', second] = cycle;
  const key = namesIn(agents[first], 'sub_agents').includes(second as string) ? 'sub_agents' : 'agent_tools';
  return [...findings, { path: ['agents', first, key], description: `circular agent reference detected: ${cycle.join(' → ')}` }];
}

function checkNames(agents: Agents, name: string, agent: JsonObject): readonly Finding[] {
  return LISTS.flatMap((key) =>
    namesIn(agent, key).flatMap((member, index): Finding[] => {
      if (member === '' || Object.hasOwn(agents, member)) return [];
      const near = findNearestName(member, Object.keys(agents));
      const hint = near === undefined ? `'agents' has ${Object.keys(agents).join(', ')}` : `did you mean '${near}'?`;
      return [{ path: ['agents', name, key, index], description: `agent "${member}" not found in ${key}; ${hint}` }];
    }),
  );
}

function checkType(name: string, { type, ...agent }: JsonObject): readonly Finding[] {
  const at = (key: string, description: string): Finding => ({ path: ['agents', name, key], description });
  const isWorkflow = WORKFLOWS.includes(String(type));
  const members = namesIn(agent, 'sub_agents');
  const tools = agent['tools'];
  const findings: Finding[] = [];
  if (isWorkflow && members.length === 0) findings.push(at('sub_agents', `missing: an agent of type ${String(type)} needs at least one`));
  if (!isWorkflow && type !== 'llm' && members.length > 0)
    findings.push(at('sub_agents', `agents of type ${String(type)} have none; wanted llm, sequential, parallel or loop`));
  if (type !== 'llm' && namesIn(agent, 'agent_tools').length > 0)
    findings.push(at('agent_tools', `agents of type ${String(type)} call none; wanted llm`));
  if (type !== 'loop' && agent['max_iterations'] !== undefined)
    findings.push(at('max_iterations', 'only agents of type loop have it; a model is bounded by reasoning.max_iterations'));
  if (type === 'runner' && (!Array.isArray(tools) || tools.length === 0))
    findings.push(at('tools', 'missing: an agent of type runner needs the tools that it runs, in their order'));
  return findings;
}

/** A workflow runs its members for everybody who may call it: it must not be a way around their `allowed_roles`. */
function checkRoles(agents: Agents, name: string, agent: JsonObject): readonly Finding[] {
  if (!WORKFLOWS.includes(String(agent['type']))) return [];
  const own = agent['allowed_roles'] === undefined ? undefined : namesIn(agent, 'allowed_roles');
  return namesIn(agent, 'sub_agents').flatMap((member, index): Finding[] => {
    if (agents[member]?.['allowed_roles'] === undefined) return [];
    const wanted = namesIn(agents[member], 'allowed_roles');
    if (own?.every((role) => wanted.includes(role))) return [];
    const description = `'${member}' is for ${wanted.join(', ')} only, and agents.${name} runs it for ${own?.join(', ') ?? 'everybody'}; give agents.${name} allowed_roles of these`;
    return [{ path: ['agents', name, 'sub_agents', index], description }];
  });
}

/** AGT-40, AGT-44 */
function checkRemote(name: string, { type, ...agent }: JsonObject): readonly Finding[] {
  const at = (key: string, description: string): Finding => ({ path: ['agents', name, key], description });
  const given = REMOTE_KEYS.filter((key) => agent[key] !== undefined && JSON.stringify(agent[key]).length > '{}'.length);
  if (type !== 'remote') return given.map((key) => at(key, "only agents of 'type: remote' have it"));
  const findings: Finding[] = [];
  const cards = ['agent_card_url', 'agent_card_file'].filter((key) => given.includes(key));
  if (cards.length === 2) findings.push(at('agent_card_file', 'stands beside agent_card_url; wanted one of them'));
  if (cards.length === 0 && !given.includes('url'))
    findings.push(at('url', 'missing: an agent of type remote needs url, agent_card_url or agent_card_file'));
  const { credentials } = agent;
  if (!isJsonObject(credentials)) return findings;
  const wanted = CREDENTIALS[String(credentials['type'] ?? 'bearer')] ?? [];
  const missing = wanted.filter((key) => (credentials[key] ?? '') === '');
  return [
    ...findings,
    ...missing.map((key) => ({
      path: ['agents', name, 'credentials', key],
      description: `missing: credentials of type ${String(credentials['type'] ?? 'bearer')} need it; is the variable set that should hold it?`,
    })),
  ];
}

/** A model tells its tools apart by name. */
function checkToolNames(name: string, agent: JsonObject): readonly Finding[] {
  const lists = agent['type'] === 'llm' ? LISTS : (['agent_tools'] as const);
  const twice = lists.flatMap((key) =>
    namesIn(agent, key).flatMap((member, index, all): Finding[] =>
      all.indexOf(member) === index ? [] : [{ path: ['agents', name, key, index], description: `'${member}' is listed twice` }],
    ),
  );
  const tools = namesIn(agent, 'tools');
  const calls = namesIn(agent, 'agent_tools');
  const shadowed = calls.flatMap((member, index): Finding[] =>
    tools.includes(member)
      ? [
          {
            path: ['agents', name, 'agent_tools', index],
            description: `'${member}' is among its tools, too; a model could not tell them apart`,
          },
        ]
      : [],
  );
  const reserved = calls.flatMap((member, index): Finding[] =>
    isControlName(member)
      ? [
          {
            path: ['agents', name, 'agent_tools', index],
            description: `a tool '${member}' would take the place of the one by which models end loops or hand over; name the agent otherwise`,
          },
        ]
      : [],
  );
  const options = Object.keys((agent['agent_tool_options'] ?? {}) as JsonObject);
  const unknown = options
    .filter((member) => !calls.includes(member))
    .map(
      (member): Finding => ({
        path: ['agents', name, 'agent_tool_options', member],
        description: `'${member}' is not among its agent_tools`,
      }),
    );
  return [...twice, ...shadowed, ...reserved, ...unknown];
}

/** AGT-08, AGT-20 */
function isControlName(tool: string): boolean {
  return tool === 'exit_loop' || tool === 'escalate' || tool.startsWith('transfer_to_');
}

function toGraph(agents: Agents): AgentGraph {
  return Object.fromEntries(
    Object.entries(agents).map(([name, agent]) => [
      name,
      { subAgents: namesIn(agent, 'sub_agents'), agentTools: namesIn(agent, 'agent_tools') },
    ]),
  );
}

function namesIn(agent: JsonObject | undefined, key: string): readonly string[] {
  const names = agent?.[key];
  return Array.isArray(names) ? names.filter((name): name is string => typeof name === 'string') : [];
}

const LISTS = ['sub_agents', 'agent_tools'] as const;
const WORKFLOWS: readonly string[] = ['sequential', 'parallel', 'loop'];
const REMOTE_KEYS = [
  ...['url', 'agent_card_url', 'agent_card_file', 'headers', 'credentials', 'timeout', 'idle_timeout', 'max_outage', 'allow_private'],
  'effect',
];
const CREDENTIALS: Readonly<Record<string, readonly string[]>> = {
  bearer: ['token'],
  api_key: ['api_key'],
  basic: ['username', 'password'],
};
