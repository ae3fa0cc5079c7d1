/** A2A for the HTTP front: the JSON-RPC endpoint, the paths of HTTP+JSON, and the cards. */

import type { AgentSettings, ServerSettings } from '../config/settings.js';
import { projectAgentCard } from './agent-card.js';
import type { A2aBinding } from './binding.js';
import { createJsonRpcHandler } from './json-rpc.js';
import type { OperationDependencies } from './operation-call.js';
import { createOperations } from './operations.js';
import { createRestHandler } from './rest.js';
import { findDefaultAgent, findVisibleAgent, isVisible } from './visible-agent.js';

export interface A2aBindingOptions extends OperationDependencies {
  /** Version of the product, for the cards (API-22). */
  readonly version: string;
  /** Port of the gRPC server; absent when there is none. */
  readonly grpcPort?: number | undefined;
}

export function createA2aBinding(options: A2aBindingOptions): A2aBinding {
  const { settings, log, version, grpcPort } = options;
  const project = (key: string, agent: AgentSettings, baseUrl: string) => {
    const grpcAddress = grpcPort === undefined ? undefined : findGrpcAddress(settings().server, grpcPort, baseUrl);
    return projectAgentCard({ key, agent, baseUrl, version, grpcAddress });
  };
  const operations = createOperations(options);
  return {
    handleJsonRpc: createJsonRpcHandler({ operations, settings, log }),
    handleRest: createRestHandler({ operations, settings, log }),

    card(key, baseUrl, principal) {
      const agent = findVisibleAgent(settings(), key, principal);
      return agent === undefined ? undefined : JSON.stringify(project(key, agent, baseUrl));
    },

    defaultCard(baseUrl) {
      const found = findDefaultAgent(settings());
      if (found === undefined) return undefined;
      const [key, agent] = found;
      return JSON.stringify(project(key, agent, baseUrl));
    },

    listCards(baseUrl, principal) {
      const agents = Object.entries(settings().agents)
        .filter(([, agent]) => isVisible(agent, principal))
        .map(([key, agent]) => project(key, agent, baseUrl));
      return JSON.stringify({ agents, total: agents.length });
    },
  };
}

/** `host:port` as a client that reached `baseUrl` reaches gRPC (AC11). */
function findGrpcAddress({ grpcPublicAddress }: ServerSettings, port: number, baseUrl: string): string {
  return grpcPublicAddress === '' ? `${new URL(baseUrl).hostname}:${port}` : grpcPublicAddress;
}
