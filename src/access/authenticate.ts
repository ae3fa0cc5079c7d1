import { withSpan } from '../observe/trace.js';
import { localPrincipal, type Principal } from './principal.js';

/** What authentication may look at. */
export interface Credentials {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly remoteAddress: string;
}

export type Authenticate = (credentials: Credentials) => Promise<Principal>;

/** The one seam where a caller becomes a principal. Without configured authentication everybody is the local user (spec README, decision 13). */
export const authenticate: Authenticate = () => withSpan('hector.access.check', {}, async () => localPrincipal);
