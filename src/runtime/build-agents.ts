/**
 * Agents from their settings, each with those that work for it (AGT-34). An agent is built when another one needs it, so that the order of
 * the file means nothing; that they refer to each other in no circle is checked before (AGT-35).
 */
import type { Agent } from '../agents/agent.js';
import { createAgentTool } from '../agents/as-tool/create-agent-tool.js';
import { enterRun } from '../agents/enter-run.js';
import { createControlTools, type TransferTarget } from '../agents/llm/control-tools.js';
import { scopeAgent } from '../agents/scope-agent.js';
import { createTransferAgent } from '../agents/transfer/create-transfer-agent.js';
import { findMemberOf, findTransferMembers } from '../agents/transfer/transfer-tree.js';
import { createParallelAgent } from '../agents/workflow/create-parallel-agent.js';
import { createSequenceAgent } from '../agents/workflow/create-sequence-agent.js';
import type { Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import type { AgentSettings, Settings } from '../config/settings.js';
import type { Tool } from '../providers/tools/contract.js';

export interface BuildAgentsOptions {
  readonly settings: Pick<Settings, 'agents'>;
  /** @param tools those by which it hands over, calls other agents and ends. */
  createLlm(name: string, settings: AgentSettings, tools: readonly Tool[]): Agent;
  createRunner(name: string, settings: AgentSettings): Agent;
  createRemote(name: string, settings: AgentSettings): Agent;
  /** `undefined`: this process has no such handler. */
  findCustom(name: string, settings: AgentSettings): Agent | undefined;
  /** What an agent reads and says passes its guardrail, where it has one. Default: none has. */
  guard?(name: string, agent: Agent): Agent;
  readonly clock: Clock;
}

/** By key; agents of `type: custom` without a handler in this process are left out. */
export function buildAgents(options: BuildAgentsOptions): ReadonlyMap<string, Agent> {
  const { settings, clock } = options;
  const { agents } = settings;
  const inLoops = findAgentsInLoops(agents);
  const built = new Map<string, Agent>();
  const guard = (name: string, agent: Agent) => options.guard?.(name, agent) ?? agent;

  /** The agent as it works by itself, in a workflow, or as a run of its own. */
  const getAgent = (name: string): Agent => {
    const known = built.get(name);
    if (known !== undefined) return known;
    const agent = createOfType(name, getSettings(agents, name));
    built.set(name, agent);
    return agent;
  };

  const createOfType = (name: string, own: AgentSettings): Agent => {
    switch (own.type) {
      case 'llm':
        return own.subAgents.length === 0 ? createLlm(name, own, []) : createTransfer(name);
      case 'custom':
        return scoped(own, guard(name, options.findCustom(name, own) ?? createMissing(name, own)));
      case 'runner':
        return scoped(own, guard(name, options.createRunner(name, own)));
      case 'remote':
        return scoped(own, guard(name, options.createRemote(name, own)));
      case 'parallel':
        return scoped(own, createParallelAgent({ name, members: own.subAgents, clock }));
      case 'sequential':
      case 'loop': {
        const { type, subAgents, maxIterations } = own;
        return createSequenceAgent({ name, type, members: subAgents.map(getAgent), maxIterations: maxIterations ?? 0, clock });
      }
    }
  };

  const createLlm = (name: string, own: AgentSettings, targets: readonly string[]): Agent => {
    const agentTools = own.agentTools.map((agent) => {
      const { description, inputSchema, allowedRoles } = getSettings(agents, agent);
      return createAgentTool({ agent, description, options: own.agentToolOptions[agent], inputSchema, allowedRoles });
    });
    const described = targets.map((target): TransferTarget => {
      const { description, allowedRoles } = getSettings(agents, target);
      return { name: target, description, allowedRoles };
    });
    const controls = createControlTools({ reasoning: own.reasoning, isInLoop: inLoops.has(name), targets: described });
    return scoped(own, guard(name, options.createLlm(name, own, [...agentTools, ...controls])));
  };

  const createTransfer = (root: string): Agent => {
    const members = findTransferMembers(agents, root);
    return createTransferAgent({
      name: root,
      members: members.map((member) => {
        const own = getSettings(agents, member.name);
        return {
          ...member,
          allowedRoles: own.allowedRoles,
          agent: own.type === 'llm' ? createLlm(member.name, own, member.targets) : getAgent(member.name),
        };
      }),
      findMemberOf: (author) => findMemberOf(agents, members, author),
      limits: getSettings(agents, root).limits,
      clock,
    });
  };

  const names = Object.entries(agents).filter(([name, own]) => own.type !== 'custom' || options.findCustom(name, own) !== undefined);
  return new Map(names.map(([name]) => [name, enterRun(getAgent(name))]));
}

function scoped({ name: author }: AgentSettings, agent: Agent): Agent {
  return scopeAgent(agent, { author });
}

/** Where only other workers have its code: they must have the run. */
function createMissing(name: string, { handler = name }: AgentSettings): Agent {
  return {
    name,
    runStep: () => Promise.reject(missingHandler(name, handler)),
  };
}

export function missingHandler(name: string, handler: string): AppError {
  return new AppError('AGENT_HANDLER_MISSING', {
    message: `agents.${name}: this process has no handler '${handler}'; start it from the program that registers '${handler}', or without the role agent`,
  });
}

/** Whoever works in a loop, in however many workflows below it, can end it (W-26). */
function findAgentsInLoops(agents: Settings['agents']): ReadonlySet<string> {
  const found = new Set<string>();
  const enter = (name: string) => {
    const agent = agents[name];
    if (agent === undefined || found.has(name)) return;
    found.add(name);
    if (WORKFLOWS.has(agent.type)) agent.subAgents.forEach(enter);
  };
  for (const agent of Object.values(agents)) if (agent.type === 'loop') agent.subAgents.forEach(enter);
  return found;
}

function getSettings(agents: Settings['agents'], name: string): AgentSettings {
  const own = Object.hasOwn(agents, name) ? agents[name] : undefined;
  if (own === undefined) throw new AppError('AGENT_NOT_FOUND', { message: `The configuration has no agent '${name}'` });
  return own;
}

const WORKFLOWS: ReadonlySet<string> = new Set(['sequential', 'parallel', 'loop']);
