/** What `server.auth` of the configuration becomes (CFG-83). */

export interface AuthSettings {
  /** False: every caller is the one local user. Default false. */
  readonly enabled: boolean;
  /** `undefined`: no tokens are taken. */
  readonly tokens: TokenSettings | undefined;
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
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** Default 15 minutes. */
  readonly refreshMs: number;
  /** Least time between two fetches. Default 5,000. */
  readonly cooldownMs: number;
  /** How long keys are used that cannot be fetched anew. Default 24 h. */
  readonly maxAgeMs: number;
  /** Default 5,000. */
  readonly fetchTimeoutMs: number;
  /** Default 60,000. */
  readonly clockSkewMs: number;
  readonly roleClaim: string;
  readonly tenantClaim: string;
}

export interface ApiKeySettings {
  readonly name: string;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  readonly subject: string;
  readonly roles: readonly string[];
  /** '' = none. */
  readonly tenant: string;
  /** Epoch milliseconds; `undefined` = never. */
  readonly expiresAt: number | undefined;
}
