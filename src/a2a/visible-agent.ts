/** Which agents exist for a caller (API-70…73). */
import type { Principal } from '../access/principal.js';
import type { AgentSettings, Settings } from '../config/settings.js';

/** `undefined` for unknown and private agents alike, and for internal ones while the caller is nobody. */
export function findVisibleAgent(settings: Settings, name: string, principal: Principal): AgentSettings | undefined {
  const agent = Object.hasOwn(settings.agents, name) ? settings.agents[name] : undefined;
  return agent !== undefined && isVisible(agent, principal) ? agent : undefined;
}

/**
 * The agent of the default card (API-25, W-52): `defaults.agent`, which is the first public one of the file unless the file says
 * otherwise; without it, as when every visibility comes from a variable, the first public one by name.
 */
export function findDefaultAgent({ agents, defaults }: Settings): readonly [key: string, agent: AgentSettings] | undefined {
  const entries = Object.entries(agents).filter(([, agent]) => agent.visibility === 'public');
  return entries.find(([key]) => key === defaults.agent) ?? entries.sort(([a], [b]) => (a < b ? -1 : 1))[0];
}

export function isVisible(agent: AgentSettings, principal: Principal): boolean {
  return agent.visibility === 'public' || (agent.visibility === 'internal' && principal.authenticated);
}
