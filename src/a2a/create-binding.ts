/** A2A for the HTTP front: the JSON-RPC endpoint and the cards. */

import { projectAgentCard } from './agent-card.js';
import type { A2aBinding } from './binding.js';
import { createJsonRpcHandler } from './json-rpc.js';
import type { OperationDependencies } from './operation-call.js';
import { createOperations } from './operations.js';
import { findVisibleAgent, isVisible } from './visible-agent.js';

export interface A2aBindingOptions extends OperationDependencies {
  /** Version of the product, for the cards (API-22). */
  readonly version: string;
}

export function createA2aBinding(options: A2aBindingOptions): A2aBinding {
  const { settings, log } = options;
  const shared = () => ({ version: options.version, pushNotifications: options.push !== undefined && settings().server.a2a.push.enabled });
  return {
    handleJsonRpc: createJsonRpcHandler({ operations: createOperations(options), settings, log }),

    card(key, baseUrl, principal) {
      const agent = findVisibleAgent(settings(), key, principal);
      return agent === undefined ? undefined : JSON.stringify(projectAgentCard({ key, agent, baseUrl, ...shared() }));
    },

    defaultCard(baseUrl) {
      const found = Object.entries(settings().agents).find(([, agent]) => agent.visibility === 'public');
      if (found === undefined) return undefined;
      const [key, agent] = found;
      return JSON.stringify(projectAgentCard({ key, agent, baseUrl, ...shared() }));
    },

    listCards(baseUrl, principal) {
      const agents = Object.entries(settings().agents)
        .filter(([, agent]) => isVisible(agent, principal))
        .map(([key, agent]) => projectAgentCard({ key, agent, baseUrl, ...shared() }));
      return JSON.stringify({ agents, total: agents.length });
    },
  };
}
