/** What `server.auth` of the configuration becomes (CFG-83). */

export interface AuthSettings extends TokenSettings {
  /** False: every caller is the one local user. Default false. */
  readonly enabled: boolean;
  /** What /health tells frontends; '' = nothing. */
  readonly clientId: string;
  /** Default true. */
  readonly requireAuth: boolean;
  /** As written; one that ends in `/*` means all below it. */
  readonly excludedPaths: readonly string[];
  readonly apiKeys: readonly ApiKeySettings[];
}

/** Tokens that an identity provider signs; times in milliseconds. */
export interface TokenSettings {
  /** '' = no tokens are taken. */
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** Default 15 minutes. */
  readonly refreshIntervalMs: number;
  /** Least time between two fetches. Default 5,000. */
  readonly refreshCooldownMs: number;
  /** How long keys are used that cannot be fetched anew. Default 24 h. */
  readonly keysMaxAgeMs: number;
  /** Default 5,000. */
  readonly fetchTimeoutMs: number;
  /** Default 60,000. */
  readonly clockSkewMs: number;
  readonly roleClaim: string;
  readonly tenantClaim: string;
}

export interface ApiKeySettings {
  readonly name: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly hash: string;
  readonly subject: string;
  readonly role: string | undefined;
  readonly tenant: string | undefined;
  /** ISO 8601 with a zone; `undefined` = never. */
  readonly expiresAt: string | undefined;
}
