/** Agent cards (A2; API-20…26): what the world may know of an agent. */
import type { AgentSettings } from '../config/settings.js';
import type { AgentCard, AgentSkill } from '../protocol/a2a.js';
import { SUPPORTED_EXTENSIONS } from './extensions.js';

export interface AgentCardOptions {
  /** Key of the agent, as in its path. */
  readonly key: string;
  readonly agent: AgentSettings;
  /** As clients reach this server, without trailing slash (API-26). */
  readonly baseUrl: string;
  /** Of the product (API-22). */
  readonly version: string;
  /** `host:port`, without a scheme (AC11); `undefined`: no gRPC. */
  readonly grpcAddress?: string | undefined;
}

export function projectAgentCard({ key, agent, baseUrl, version, grpcAddress }: AgentCardOptions): AgentCard {
  const url = `${baseUrl}/agents/${encodeURIComponent(key)}`;
  return {
    name: agent.name,
    description: descriptionOf(agent),
    // AC10: the first is what we would choose.
    supportedInterfaces: [
      { url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      { url, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
      // All agents share one address: the tenant tells which one is meant (`agent-tenant.ts`).
      ...(grpcAddress === undefined ? [] : [{ url: grpcAddress, protocolBinding: 'GRPC', tenant: key, protocolVersion: '1.0' }]),
    ],
    provider: { organization: 'Hector', url: baseUrl },
    version,
    capabilities: {
      streaming: agent.streaming,
      pushNotifications: false,
      ...(agent.streaming ? { extensions: SUPPORTED_EXTENSIONS } : {}),
    },
    defaultInputModes: orText(agent.inputModes),
    defaultOutputModes: orText(agent.outputModes),
    skills: agent.skills.length === 0 ? [defaultSkill(key, agent)] : agent.skills.map(toSkill),
  };
}

/** API-24 */
function defaultSkill(key: string, agent: AgentSettings): AgentSkill {
  return { id: key, name: agent.name, description: descriptionOf(agent), tags: ['general', 'assistant'] };
}

function toSkill({ examples, ...skill }: AgentSettings['skills'][number]): AgentSkill {
  return { ...skill, ...(examples.length === 0 ? {} : { examples }) };
}

/** REQUIRED by the protocol, optional in YAML. */
function descriptionOf({ name, description }: AgentSettings): string {
  return description === '' ? `The agent ${name}` : description;
}

function orText(modes: readonly string[]): readonly string[] {
  return modes.length === 0 ? ['text/plain'] : modes;
}
