import type { Principal } from '../access/principal.js';
import type { MaybePromise } from '../base/maybe-promise.js';
import type { BindingReply, BindingRequest } from './binding-reply.js';
import type { McpHandler } from './mcp/mcp-handler.js';
import type { RestCall } from './rest-params.js';

/** What the HTTP front needs of A2A. */
export interface A2aBinding {
  /** Answers a POST to `/agents/{name}`. Never throws. */
  handleJsonRpc(request: BindingRequest, principal: Principal): Promise<BindingReply>;
  /** Answers a request below `/agents/{name}/`, on a path of `rest-routes.ts` or of `legacy-rest.ts`. Never throws. */
  handleRest(call: RestCall, principal: Principal): Promise<BindingReply>;
  /** `undefined`: agents are not served as tools (`server.mcp.enabled`). */
  readonly mcp?: McpHandler | undefined;
  /** Whether calls of 0.3 are answered, now (`server.a2a.legacy`). */
  speaksLegacy(): boolean;
  /**
   * `undefined` for agents that do not exist for this caller.
   * @param version of the protocol, as the caller tells it; counts only where 0.3 is spoken. Default: 1.0
   * @throws AppError `ACCESS_UNAUTHENTICATED` where any credentials would show it (API-71).
   */
  card(agent: string, baseUrl: string, principal: Principal, version?: string): MaybePromise<ServedCard | undefined>;
  /** The card at `/.well-known/agent-card.json` (API-25); `undefined` when no agent is public. */
  defaultCard(baseUrl: string, version?: string): MaybePromise<ServedCard | undefined>;
  /** Body of `GET /agents` (API-02). */
  listCards(baseUrl: string, principal: Principal): Promise<string>;
}

/** A card and what HTTP tells beside it (AC3–AC6). The same object as long as nothing changes. */
export interface ServedCard {
  readonly json: string;
  /** When it last changed, Unix milliseconds. */
  readonly changedAtMs: number;
  /** Not everybody may see it, so nobody in between may keep it. */
  readonly isPrivate: boolean;
  /** The version header chose among several. Default false. */
  readonly variesByVersion?: boolean;
}
