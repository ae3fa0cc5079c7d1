/** Which agents exist for a caller (API-70…74). */
import { hasRole, type Principal } from '../access/principal.js';
import { AppError } from '../base/errors.js';
import type { AgentSettings, Settings } from '../config/settings.js';

/** `undefined` for unknown agents, private ones and those of other roles alike, and for internal ones while the caller is nobody. */
export function findVisibleAgent(settings: Settings, name: string, principal: Principal): AgentSettings | undefined {
  const agent = Object.hasOwn(settings.agents, name) ? settings.agents[name] : undefined;
  return agent !== undefined && isVisible(agent, principal) ? agent : undefined;
}

/**
 * The agent, for whoever addresses it.
 * @throws AppError `AGENT_NOT_FOUND`; `ACCESS_UNAUTHENTICATED` to a caller without credentials where any would do (API-71).
 */
export function getVisibleAgent(settings: Settings, name: string, principal: Principal): AgentSettings {
  const agent = findVisibleAgent(settings, name, principal);
  if (agent !== undefined) return agent;
  assertNeedsNoLogin(settings, name, principal);
  throw new AppError('AGENT_NOT_FOUND', { message: `Agent '${name.slice(0, 80)}' not found` });
}

/** @throws AppError `ACCESS_UNAUTHENTICATED` for agents that every caller with credentials sees, and this one has none (API-71). */
export function assertNeedsNoLogin(settings: Settings, name: string, principal: Principal): void {
  const agent = Object.hasOwn(settings.agents, name) ? settings.agents[name] : undefined;
  if (principal.authenticated || agent?.visibility !== 'internal' || agent.allowedRoles !== undefined) return;
  throw new AppError('ACCESS_UNAUTHENTICATED', { message: 'Authentication is required: send Authorization: Bearer <token>' });
}

/**
 * The agent of the default card (API-25, W-52): `defaults.agent`, which is the first public one of the file unless the file says
 * otherwise; without it, as when every visibility comes from a variable, the first public one by name.
 */
export function findDefaultAgent({ agents, defaults }: Settings): readonly [key: string, agent: AgentSettings] | undefined {
  const entries = Object.entries(agents).filter(([, agent]) => isForEverybody(agent));
  return entries.find(([key]) => key === defaults.agent) ?? entries.sort(([a], [b]) => (a < b ? -1 : 1))[0];
}

/** API-74: callers with other roles are told nothing that callers of an unknown agent are not. */
export function isVisible(agent: AgentSettings, principal: Principal): boolean {
  if (!hasRole(principal, agent.allowedRoles)) return false;
  return agent.visibility === 'public' || (agent.visibility === 'internal' && principal.authenticated);
}

/** Its card may be kept and shown to anybody. */
export function isForEverybody({ visibility, allowedRoles }: AgentSettings): boolean {
  return visibility === 'public' && allowedRoles === undefined;
}
