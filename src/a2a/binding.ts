import type { Principal } from '../access/principal.js';
import type { BindingReply, BindingRequest } from './binding-reply.js';

/** What the HTTP front needs of A2A. */
export interface A2aBinding {
  /** Never rejects for the client's mistakes: those are replies. */
  handleJsonRpc(request: BindingRequest, principal: Principal): Promise<BindingReply>;
  /** JSON text of the agent's card; undefined when there is no such agent for this caller. */
  card(agent: string, baseUrl: string, principal: Principal): string | undefined;
  /** JSON text of the default agent's card (API-25); undefined when no agent is public. */
  defaultCard(baseUrl: string): string | undefined;
  /** JSON text of the agents this caller may see (API-02). */
  listCards(baseUrl: string, principal: Principal): string;
}
