/**
 * How a gRPC call names its agent: no path tells it, so the `tenant` of the card's interface does, and clients echo that in
 * every request (U1). `<agent>` or `<agent>/<tenant>`; an empty agent is the one of the default card (API-25).
 */
export interface AgentTenant {
  /** '' = the default agent. */
  readonly agent: string;
  /** What is left for the operation; '' = none. */
  readonly tenant: string;
}

export function parseAgentTenant(text: string): AgentTenant {
  // Keys of agents hold no slash (CFG-30).
  const slash = text.indexOf('/');
  return slash < 0 ? { agent: text, tenant: '' } : { agent: text.slice(0, slash), tenant: text.slice(slash + 1) };
}

/** What `parseAgentTenant` reads: how an answer names a tenant to who must send it again. */
export function formatAgentTenant({ agent, tenant }: AgentTenant): string {
  return tenant === '' ? agent : `${agent}/${tenant}`;
}
