/** Which agents exist for a caller (API-70…73). */
import type { Principal } from '../access/principal.js';
import type { AgentSettings, Settings } from '../config/settings.js';

/** `undefined` for unknown and private agents alike, and for internal ones while the caller is nobody. */
export function findVisibleAgent(settings: Settings, name: string, principal: Principal): AgentSettings | undefined {
  const agent = Object.hasOwn(settings.agents, name) ? settings.agents[name] : undefined;
  return agent !== undefined && isVisible(agent, principal) ? agent : undefined;
}

/** The agent of the default card (API-25): the first public one. */
export function findDefaultAgent(settings: Settings): readonly [key: string, agent: AgentSettings] | undefined {
  return Object.entries(settings.agents).find(([, agent]) => agent.visibility === 'public');
}

export function isVisible(agent: AgentSettings, principal: Principal): boolean {
  return agent.visibility === 'public' || (agent.visibility === 'internal' && principal.authenticated);
}
