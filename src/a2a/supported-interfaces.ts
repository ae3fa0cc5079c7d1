/** `supportedInterfaces` of a card: where and how an agent is called (AC9–AC12, V5). */
import type { AgentInterface } from '../protocol/a2a.js';

/** One way to call every agent of this server. A version of its own is a binding of its own. */
export interface CardBinding {
  readonly protocolBinding: 'JSONRPC' | 'HTTP+JSON' | 'GRPC';
  /** Without a patch number (AC12). */
  readonly protocolVersion: string;
  /** Absolute; for gRPC `host:port` (AC11). */
  readonly url: (agent: string, baseUrl: string) => string;
  /** What clients must repeat in each request, where the URL does not name the agent. Default: nothing. */
  readonly tenant?: (agent: string) => string;
}

export const JSON_RPC_BINDING: CardBinding = { protocolBinding: 'JSONRPC', protocolVersion: '1.0', url: agentUrl };
export const REST_BINDING: CardBinding = { protocolBinding: 'HTTP+JSON', protocolVersion: '1.0', url: agentUrl };

/** V5: what 0.3 clients call, at the same address: their methods have names of their own, their paths begin with `/v1`. */
export const LEGACY_BINDINGS: readonly CardBinding[] = [JSON_RPC_BINDING, REST_BINDING].map((binding) => ({
  ...binding,
  protocolVersion: '0.3',
}));

/**
 * All agents share one address: the tenant tells which one is meant (`agent-tenant.ts`).
 * @param publicAddress `host:port`; '' = the host of the base URL with this port (AC11).
 */
export function grpcBinding(port: number, publicAddress: () => string): CardBinding {
  return {
    protocolBinding: 'GRPC',
    protocolVersion: '1.0',
    url: (_agent, baseUrl) => publicAddress() || `${new URL(baseUrl).hostname}:${port}`,
    tenant: (agent) => agent,
  };
}

/** One entry per binding, in the order given: the first is the preferred one (AC10). */
export function supportedInterfaces(bindings: readonly CardBinding[], agent: string, baseUrl: string): readonly AgentInterface[] {
  return bindings.map(({ protocolBinding, protocolVersion, url, tenant }) => ({
    url: url(agent, baseUrl),
    protocolBinding,
    ...(tenant === undefined ? {} : { tenant: tenant(agent) }),
    protocolVersion,
  }));
}

/** Address of an agent over HTTP. */
export function agentUrl(agent: string, baseUrl: string): string {
  return `${baseUrl}/agents/${encodeURIComponent(agent)}`;
}
