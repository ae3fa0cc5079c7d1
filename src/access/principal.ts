/** Who is calling, what is theirs, and what their roles open. */
import type { JsonObject } from '../base/json.js';
import { ANONYMOUS_OWNER, LOCAL_OWNER, type OwnerScope, tenantPrefix } from '../tasks/owner-scope.js';
import { plainAddress } from './plain-address.js';

export interface Principal {
  /** The token's subject; with authentication off, every caller is the one local user (spec README, decision 13). */
  readonly subject: string;
  /** False: a caller without credentials. */
  readonly authenticated: boolean;
  /** Authentication is off, or this is the process's own caller: no role is wanted of it. Default: it has its roles and no more. */
  readonly isUnrestricted?: true;
  /** Default: none. */
  readonly roles?: readonly string[];
  /** What belongs to another tenant does not exist for it. Default: none. */
  readonly tenant?: string;
  readonly name?: string;
  readonly email?: string;
  /** Everything that its token says (SEC-02). Default: nothing. */
  readonly claims?: JsonObject;
  /** Of callers without credentials: where they call from. */
  readonly address?: string;
}

export const localPrincipal: Principal = { subject: LOCAL_OWNER, authenticated: true, isUnrestricted: true };

export function anonymousPrincipal(address: string): Principal {
  return { subject: ANONYMOUS_OWNER, authenticated: false, address };
}

/** Owner of what the caller begins (SEC-18). The same subject of two tenants is two owners. */
export function ownerOf({ subject, tenant = '', authenticated }: Principal): string {
  if (!authenticated) return ANONYMOUS_OWNER;
  return tenant === '' ? subject : `${tenantPrefix(tenant)}${subject}`;
}

/** Whom limits count: an owner, or the address of somebody who is nobody (SEC-11). */
export function countedAs(principal: Principal): string {
  return principal.authenticated ? ownerOf(principal) : `${ANONYMOUS_OWNER} ${networkOf(principal.address ?? '')}`;
}

/** Of IPv6 the first half: whoever has one address of it has all of them. */
export function networkOf(text: string): string {
  const address = plainAddress(text);
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = tail === undefined ? front : [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back];
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** @param allowed `undefined` = no role is wanted. */
export function hasRole(principal: Principal, allowed: readonly string[] | undefined): boolean {
  return opensTo(allowed, callerRolesOf(principal));
}

/** @param roles of a caller; `undefined` = no role is wanted of it. */
export function opensTo(allowed: readonly string[] | undefined, roles: readonly string[] | undefined): boolean {
  return allowed === undefined || roles === undefined || allowed.some((role) => roles.includes(role));
}

/** As a run keeps them; `undefined` = no role is wanted of this caller. */
export function callerRolesOf({ isUnrestricted, roles = [] }: Principal): readonly string[] | undefined {
  return isUnrestricted === true ? undefined : roles;
}

/** May see and change what is the whole server's (API-07): the operator of a tenant may not, as other tenants use it, too. */
export function isServerOperator(principal: Principal, operatorRoles: readonly string[]): boolean {
  return hasRole(principal, operatorRoles) && (principal.tenant ?? '') === '';
}

/** What the management API shows: operators see what is everybody's within their tenant, all others their own (API-07). */
export function managedScopeOf(principal: Principal, operatorRoles: readonly string[]): OwnerScope {
  const { tenant = '' } = principal;
  // With authentication off there is one owner, and what others own was begun under other rules.
  if (!principal.authenticated || principal === localPrincipal || !hasRole(principal, operatorRoles)) return ownerOf(principal);
  return { prefix: tenant === '' ? '' : tenantPrefix(tenant) };
}
