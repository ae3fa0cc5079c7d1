/**
 * The cards of this server's agents, projected from the current settings and signed when keys are configured.
 *
 * Owns: the signer of the current keys, and since when the current settings hold (AC5).
 */
import type { Principal } from '../access/principal.js';
import type { Clock } from '../base/clock.js';
import { canonicalizeJson } from '../base/jcs.js';
import type { AgentSettings, Settings, SigningKeySettings } from '../config/settings.js';
import type { AgentCard } from '../protocol/a2a.js';
import { extendAgentCard, projectAgentCard } from './agent-card.js';
import { describeSecurity } from './card-security.js';
import { CardSigner } from './card-signer.js';
import { type CardBinding, LEGACY_BINDINGS } from './supported-interfaces.js';

export interface AgentCardsOptions {
  readonly settings: () => Settings;
  /** Of the product, for agents without a version of their own (API-22). */
  readonly version: string;
  /** What agents can be called by in 1.0, the preferred one first (AC10); asked for each card, as ports are known late. */
  readonly bindings: () => readonly CardBinding[];
  /** Webhooks can be served, if the current settings have them enabled (P1). Default false. */
  readonly hasPush?: boolean;
  readonly clock: Clock;
}

export interface AgentCards {
  getCard(key: string, agent: AgentSettings, baseUrl: string): Promise<AgentCard>;
  /** `undefined` for a caller who gets none, and when none is configured (X2, X4). */
  findExtendedCard(key: string, agent: AgentSettings, baseUrl: string, principal: Principal): Promise<AgentCard | undefined>;
  /** When what cards tell last changed here, Unix milliseconds (AC5). */
  changedAtMs(): number;
}

export function createAgentCards({ settings, version, bindings, hasPush = false, clock }: AgentCardsOptions): AgentCards {
  let current = settings();
  let changedAtMs = clock.now();
  let signer = new CardSigner(keysOf(current));
  const refresh = () => {
    const latest = settings();
    if (latest === current) return;
    changedAtMs = clock.now();
    // Signatures of keys that stay are kept.
    if (canonicalizeJson(keysOf(latest)) !== canonicalizeJson(keysOf(current))) signer = new CardSigner(keysOf(latest));
    current = latest;
  };
  const project = (key: string, agent: AgentSettings, baseUrl: string) => {
    refresh();
    const pushNotifications = hasPush && current.server.a2a.push.enabled;
    // Behind all others: whoever can speak 1.0 should (AC10).
    const spoken = current.server.a2a.legacy ? [...bindings(), ...LEGACY_BINDINGS] : bindings();
    const security = describeSecurity({ auth: current.server.auth, agent, isSigned: keysOf(current).length > 0 });
    return projectAgentCard({ key, agent, shared: current.server.card, baseUrl, version, bindings: spoken, security, pushNotifications });
  };
  return {
    async getCard(key, agent, baseUrl) {
      // First the card, as that may bring new keys.
      const card = project(key, agent, baseUrl);
      return signer.sign(card);
    },

    async findExtendedCard(key, agent, baseUrl, principal) {
      if (agent.extendedCard === undefined) return undefined;
      const card = extendAgentCard(project(key, agent, baseUrl), agent.extendedCard, principal);
      return card === undefined ? undefined : signer.sign(card);
    },

    changedAtMs() {
      refresh();
      return changedAtMs;
    },
  };
}

function keysOf({ server }: Settings): readonly SigningKeySettings[] {
  return server.cardSigning.keys;
}
