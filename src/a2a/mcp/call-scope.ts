/** What one request to the MCP server may see, and what tells it from others. */
import { ownerOf, type Principal } from '../../access/principal.js';
import { canonicalJson, sha256Hex } from '../../base/json.js';
import type { AgentSettings, Settings } from '../../config/settings.js';
import type { BindingRequest } from '../binding-reply.js';
import type { JsonRpcId } from '../json-rpc-envelope.js';
import type { OperationCall } from '../operation-call.js';
import type { Operations } from '../operations.js';
import type { FailureListeners } from '../tell-failure.js';
import { findVisibleAgent, isVisible } from '../visible-agent.js';

export interface McpDependencies extends FailureListeners {
  readonly operations: Operations;
  readonly settings: () => Settings;
}

export interface RunningCall {
  readonly agent: string;
  /** `undefined`: not known yet. */
  taskId: string | undefined;
  /** A cancellation that came before the task was known; it is for whoever learns of the task. */
  isCanceled: boolean;
}

export interface CallScope extends McpDependencies {
  /** Calls on this front, by caller and key; each request that is answered has its own, also when it is one sent again. */
  readonly running: Map<string, Set<RunningCall>>;
  readonly request: BindingRequest;
  readonly principal: Principal;
}

export function operationCall(
  { principal, request }: CallScope,
  agent: string,
  agentSettings: AgentSettings,
  signal: AbortSignal,
): OperationCall {
  return { agent, agentSettings, principal, tenant: '', baseUrl: request.baseUrl, signal, extensions: new Set(), lastEventId: undefined };
}

/** Tells one request of one session from all others; `undefined` for clients without a session, whose requests cannot be told apart. */
export function callKey({ principal, request }: CallScope, requestId: JsonRpcId): string | undefined {
  const session = request.headers['mcp-session-id'];
  if (session === undefined || requestId === null) return undefined;
  return sha256Hex(canonicalJson([ownerOf(principal), session, requestId])).slice(0, 32);
}

export function contextOf(key: string): string {
  return `mcp-${key}`;
}

export function visibleAgents({ settings, principal, request }: CallScope): readonly (readonly [string, AgentSettings])[] {
  const entries = Object.entries(settings().agents).filter(([, agent]) => isVisible(agent, principal));
  return request.agent === '' ? entries : entries.filter(([key]) => key === request.agent);
}

export function findAgent(scope: CallScope, name: string): AgentSettings | undefined {
  const { request, settings, principal } = scope;
  return request.agent === '' || request.agent === name ? findVisibleAgent(settings(), name, principal) : undefined;
}
