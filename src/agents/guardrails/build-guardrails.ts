/** The checks of every agent that has some, from the settings; of all others nothing is made. */
import type { Clock } from '../../base/clock.js';
import type { Settings } from '../../config/settings.js';
import type { Logger } from '../../observe/log.js';
import type { Observer } from '../../observe/observer.js';
import type { MemorySearch } from '../../providers/tools/memory-search.js';
import type { Agent } from '../agent.js';
import { guardAgent } from './guard-agent.js';
import { guardMemory } from './guard-memory.js';
import { createGuardrail, type Guardrail } from './guardrail.js';
import { type AuthorizeTool, createToolGuard } from './tool-guard.js';

/** By key in `agents`; what has no guardrail is given back as it came. */
export interface AgentGuardrails {
  guard(name: string, agent: Agent): Agent;
  guardMemory(name: string, memory: MemorySearch): MemorySearch;
  findToolGuard(name: string): AuthorizeTool | undefined;
}

export interface BuildGuardrailsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: nobody counts. */
  readonly observer?: Observer | undefined;
}

export function buildGuardrails(
  { agents, guardrails }: Pick<Settings, 'agents' | 'guardrails'>,
  { clock, log, observer }: BuildGuardrailsOptions,
): AgentGuardrails {
  const own = new Map<string, Guardrail>();
  for (const [agent, { guardrails: name }] of Object.entries(agents)) {
    const settings = name === undefined ? undefined : guardrails[name];
    if (name !== undefined && settings?.enabled) own.set(agent, createGuardrail({ name, settings, agent, log, observer }));
  }
  return {
    guard(name, agent) {
      const guardrail = own.get(name);
      return guardrail === undefined ? agent : guardAgent(agent, { guardrail, outputKey: agents[name]?.outputKey, clock });
    },
    guardMemory(name, memory) {
      const guardrail = own.get(name);
      return guardrail === undefined ? memory : guardMemory(memory, guardrail);
    },
    findToolGuard(name) {
      const guardrail = own.get(name);
      return guardrail === undefined ? undefined : createToolGuard(guardrail);
    },
  };
}
