/** Who is calling. Tasks and sessions belong to a principal's `subject` (SEC-18). */
export interface Principal {
  /** The token's subject; with authentication off, every caller is the one local user (spec README, decision 13). */
  readonly subject: string;
  readonly authenticated: boolean;
}

export const localPrincipal: Principal = { subject: 'local', authenticated: true };
