/**
 * The cards of this server's agents, projected from the current settings and signed when keys are configured.
 *
 * Owns: the signer of the current keys, since when the current settings hold (AC5), and the cards that were made of them, at most
 * `MAX_CARDS` by the addresses that clients use.
 */
import type { Principal } from '../access/principal.js';
import type { Clock } from '../base/clock.js';
import { canonicalizeJson } from '../base/jcs.js';
import { andThen, type MaybePromise } from '../base/maybe-promise.js';
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
  /** The same object until something of it changes. */
  getCard(key: string, agent: AgentSettings, baseUrl: string): MaybePromise<AgentCard>;
  /** `undefined` for a caller who gets none, and when none is configured (X2, X4). */
  findExtendedCard(key: string, agent: AgentSettings, baseUrl: string, principal: Principal): Promise<AgentCard | undefined>;
  /** When what cards tell last changed here, Unix milliseconds (AC5). */
  changedAtMs(): number;
}

export function createAgentCards({ settings, version, bindings, hasPush = false, clock }: AgentCardsOptions): AgentCards {
  let current = settings();
  let changedAtMs = clock.now();
  let signer = new CardSigner(keysOf(current));
  const made = new Map<string, MadeCard>();
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
    getCard(key, agent, baseUrl) {
      refresh();
      const spoken = bindings();
      const name = `${baseUrl} ${key}`;
      const known = made.get(name);
      if (known?.agent === agent && known.settings === current && isSameList(known.spoken, spoken)) return known.card;
      const entry = { agent, settings: current, spoken };
      const card = project(key, agent, baseUrl);
      return andThen(keysOf(current).length === 0 ? card : signer.sign(card), (card) => {
        if (made.size >= MAX_CARDS) made.clear();
        made.set(name, { ...entry, card });
        return card;
      });
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

/** What a card was made of. */
interface MadeCard {
  readonly agent: AgentSettings;
  readonly settings: Settings;
  readonly spoken: readonly CardBinding[];
  readonly card: AgentCard;
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((member, index) => member === b[index]);
}

const MAX_CARDS = 1_000;

function keysOf({ server }: Settings): readonly SigningKeySettings[] {
  return server.cardSigning.keys;
}
