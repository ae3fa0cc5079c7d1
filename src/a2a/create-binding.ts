/** A2A for the HTTP front: the JSON-RPC endpoint, the paths of HTTP+JSON, and the cards. */

import type { AgentSettings } from '../config/settings.js';
import type { A2aBinding, ServedCard } from './binding.js';
import { createJsonRpcHandler } from './json-rpc.js';
import { createMcpHandler } from './mcp/mcp-handler.js';
import type { OperationDependencies } from './operation-call.js';
import { createOperations } from './operations.js';
import { createRestHandler } from './rest.js';
import { findDefaultAgent, findVisibleAgent, isVisible } from './visible-agent.js';

export function createA2aBinding(options: OperationDependencies): A2aBinding {
  const { settings, cards, log } = options;
  const operations = createOperations(options);
  const serve = async (key: string, agent: AgentSettings, baseUrl: string): Promise<ServedCard> => ({
    json: JSON.stringify(await cards.getCard(key, agent, baseUrl)),
    changedAtMs: cards.changedAtMs(),
    isPrivate: agent.visibility !== 'public',
  });
  return {
    handleJsonRpc: createJsonRpcHandler({ operations, settings, log }),
    handleRest: createRestHandler({ operations, settings, log }),
    mcp: settings().server.mcp.enabled ? createMcpHandler({ operations, settings, log }) : undefined,

    async card(key, baseUrl, principal) {
      const agent = findVisibleAgent(settings(), key, principal);
      return agent === undefined ? undefined : serve(key, agent, baseUrl);
    },

    async defaultCard(baseUrl) {
      const found = findDefaultAgent(settings());
      return found === undefined ? undefined : serve(...found, baseUrl);
    },

    async listCards(baseUrl, principal) {
      const visible = Object.entries(settings().agents).filter(([, agent]) => isVisible(agent, principal));
      const agents = await Promise.all(visible.map(([key, agent]) => cards.getCard(key, agent, baseUrl)));
      return JSON.stringify({ agents, total: agents.length });
    },
  };
}
