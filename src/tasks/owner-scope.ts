/** Whose tasks and sessions somebody may see. */

/** Of one owner, or of all whose name begins so; '' = everybody's. */
export type OwnerScope = string | { readonly prefix: string };

export function isWithin(scope: OwnerScope, owner: string): boolean {
  return typeof scope === 'string' ? owner === scope : owner.startsWith(scope.prefix);
}

/** With authentication off, every caller. */
export const LOCAL_OWNER = 'local';

/**
 * Owner of what callers without credentials begin. They cannot be told apart, so nothing of one conversation reaches another one: there
 * are no lists, no recall, and `user:` state is the session's.
 */
export const ANONYMOUS_OWNER = 'anonymous';

/** What owners of one tenant begin with. */
export function tenantPrefix(tenant: string): string {
  return `tenant:${encodeURIComponent(tenant)}/`;
}

/** As `tenantPrefix` writes it; '' = of none. */
export function tenantOfOwner(owner: string): string {
  return /^tenant:([^/]*)\//.exec(owner)?.[1] ?? '';
}
