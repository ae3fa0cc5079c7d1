/** A2A for the HTTP front: the JSON-RPC endpoint, the paths of HTTP+JSON, and the cards. */

import { andThen, type MaybePromise } from '../base/maybe-promise.js';
import type { AgentSettings } from '../config/settings.js';
import type { AgentCard } from '../protocol/a2a.js';
import type { A2aBinding, ServedCard } from './binding.js';
import { createJsonRpcHandler } from './json-rpc.js';
import { type CardShape, shapeCard } from './legacy/legacy-card.js';
import { isLegacyVersion } from './legacy/legacy-dialect.js';
import { LEGACY_REST } from './legacy/legacy-rest.js';
import { createMcpHandler } from './mcp/mcp-handler.js';
import type { OperationDependencies } from './operation-call.js';
import { createOperations } from './operations.js';
import { createRestHandler } from './rest.js';
import { assertNeedsNoLogin, findDefaultAgent, findVisibleAgent, isForEverybody, isVisible } from './visible-agent.js';

export function createA2aBinding(options: OperationDependencies): A2aBinding {
  const { settings, cards, log, observer } = options;
  const operations = createOperations(options);
  const speaksLegacy = () => settings().server.a2a.legacy;
  /** As long as the card is the same. */
  const served = new WeakMap<AgentCard, Map<string, ServedCard>>();
  const serve = (key: string, agent: AgentSettings, baseUrl: string, version: string): MaybePromise<ServedCard> =>
    andThen(cards.getCard(key, agent, baseUrl), (card) => {
      const shape = speaksLegacy() ? shapeOf(version) : '1.0';
      const changedAtMs = cards.changedAtMs();
      const shapes = served.get(card) ?? new Map<string, ServedCard>();
      served.set(card, shapes);
      const known = shapes.get(shape);
      if (known?.changedAtMs === changedAtMs) return known;
      const made: ServedCard = {
        json: JSON.stringify(shapeCard(card, shape)),
        changedAtMs,
        isPrivate: !isForEverybody(agent),
        ...(speaksLegacy() ? { variesByVersion: true } : {}),
      };
      shapes.set(shape, made);
      return made;
    });
  const ports = { operations, settings, log, observer };
  const current = createRestHandler(ports);
  const legacy = createRestHandler({ ...ports, dialect: LEGACY_REST });
  return {
    handleJsonRpc: createJsonRpcHandler(ports),
    mcp: settings().server.mcp.enabled ? createMcpHandler(ports) : undefined,
    handleRest: (call, principal) => (call.route.wireVersion === '0.3' ? legacy : current)(call, principal),
    speaksLegacy,

    card(key, baseUrl, principal, version = '1.0') {
      const agent = findVisibleAgent(settings(), key, principal);
      if (agent === undefined) assertNeedsNoLogin(settings(), key, principal);
      return agent === undefined ? undefined : serve(key, agent, baseUrl, version);
    },

    defaultCard(baseUrl, version = '1.0') {
      const found = findDefaultAgent(settings());
      return found === undefined ? undefined : serve(...found, baseUrl, version);
    },

    async listCards(baseUrl, principal) {
      const visible = Object.entries(settings().agents).filter(([, agent]) => isVisible(agent, principal));
      const agents = await Promise.all(visible.map(([key, agent]) => cards.getCard(key, agent, baseUrl)));
      return JSON.stringify({ agents, total: agents.length });
    },
  };
}

/** Who does not say may be of either version: 0.3 knows no such header. */
function shapeOf(version: string): CardShape {
  if (version === '') return 'both';
  return isLegacyVersion(version) ? '0.3' : '1.0';
}
