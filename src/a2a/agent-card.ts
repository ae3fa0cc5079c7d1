/**
 * Agent cards (A2; API-20…26): what the world may know of an agent, and what more one caller may know. Presence is that of
 * 8.4.1 (G4), so that the bytes served are the content signed: REQUIRED fields are there and not empty, `optional` ones when
 * they say something, all others only when they differ from their default.
 */
import type { Principal } from '../access/principal.js';
import type { AgentSettings, CardSettings, ExtendedCardSettings, SkillSettings } from '../config/settings.js';
import type { AgentCard, AgentSkill } from '../protocol/a2a.js';
import type { CardSecurity } from './card-security.js';
import { declaredExtensions } from './extensions.js';
import { type CardBinding, supportedInterfaces } from './supported-interfaces.js';

export interface AgentCardOptions {
  /** Key of the agent, as in its path. */
  readonly key: string;
  readonly agent: AgentSettings;
  /** What the cards of all agents tell. */
  readonly shared: CardSettings;
  /** As clients reach this server, without trailing slash (API-26). */
  readonly baseUrl: string;
  /** Of the product (API-22). */
  readonly version: string;
  /** The preferred one first (AC10). */
  readonly bindings: readonly CardBinding[];
  /** Default: anybody may call. */
  readonly security?: CardSecurity;
  /** Webhooks may be registered (P1). Default false. */
  readonly pushNotifications?: boolean;
}

export function projectAgentCard(options: AgentCardOptions): AgentCard {
  const { key, agent, shared, baseUrl, version, bindings, security = {}, pushNotifications = false } = options;
  const own = agent.card;
  const documentationUrl = own.documentationUrl ?? shared.documentationUrl;
  const iconUrl = own.iconUrl ?? shared.iconUrl;
  const extensions = declaredExtensions(agent);
  return {
    name: agent.name,
    description: descriptionOf(agent),
    supportedInterfaces: supportedInterfaces(bindings, key, baseUrl),
    provider: own.provider ?? shared.provider ?? { organization: 'Hector', url: baseUrl },
    version: own.version ?? version,
    ...(documentationUrl === undefined ? {} : { documentationUrl }),
    capabilities: {
      streaming: agent.streaming,
      pushNotifications,
      ...(agent.extendedCard === undefined ? {} : { extendedAgentCard: true }),
      ...(extensions.length === 0 ? {} : { extensions }),
    },
    ...security,
    defaultInputModes: orText(agent.inputModes),
    defaultOutputModes: orText(agent.outputModes),
    skills: agent.skills.length === 0 ? [defaultSkill(key, agent)] : agent.skills.map(toSkill),
    ...(iconUrl === undefined ? {} : { iconUrl }),
  };
}

/** The card for one caller (X4); `undefined` for callers who get none (X2). */
export function extendAgentCard(card: AgentCard, extended: ExtendedCardSettings, principal: Principal): AgentCard | undefined {
  if (!isFor(extended.subjects, principal)) return undefined;
  const more = extended.skills.filter(({ subjects }) => isFor(subjects, principal)).map(toSkill);
  return {
    ...card,
    ...(extended.description === undefined ? {} : { description: extended.description }),
    ...(extended.version === undefined ? {} : { version: extended.version }),
    ...(extended.documentationUrl === undefined ? {} : { documentationUrl: extended.documentationUrl }),
    skills: [...card.skills.filter(({ id }) => !more.some((skill) => skill.id === id)), ...more],
  };
}

function isFor(subjects: readonly string[] | undefined, principal: Principal): boolean {
  return principal.authenticated && (subjects === undefined || subjects.includes(principal.subject));
}

/** API-24 */
function defaultSkill(key: string, agent: AgentSettings): AgentSkill {
  return { id: key, name: agent.name, description: descriptionOf(agent), tags: ['general', 'assistant'] };
}

function toSkill({ id, name, description, tags, examples, inputModes, outputModes }: SkillSettings): AgentSkill {
  return {
    id,
    name,
    description: description === '' ? name : description,
    tags: tags.length === 0 ? [id] : tags,
    ...(examples.length === 0 ? {} : { examples }),
    ...(inputModes.length === 0 ? {} : { inputModes }),
    ...(outputModes.length === 0 ? {} : { outputModes }),
  };
}

/** REQUIRED by the protocol, optional in YAML. */
function descriptionOf({ name, description }: AgentSettings): string {
  return description === '' ? `The agent ${name}` : description;
}

function orText(modes: readonly string[]): readonly string[] {
  return modes.length === 0 ? ['text/plain'] : modes;
}
