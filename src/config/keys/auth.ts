/** `server.auth` (CFG-83): who may call, told by tokens of an identity provider, by keys of this file, or by both. */
import { sha256Hex } from '../../base/json.js';
import { duration, flag, list, object, optional, type Static, section, text } from '../schema-builder.js';
import type { AuthSettings } from '../settings.js';

const ADDRESS = { pattern: '^$|^https?://[^/?#@\\s]+([/?#]\\S*)?$', 'x-form': 'http://… or https://…, without credentials' } as const;

const ApiKeySchema = object(
  {
    name: text('What the log calls it.', { minLength: 1, maxLength: 100 }),
    hash: optional(
      text("The key's hash, as 'hector auth hash-key' prints it: the file then holds no secret.", {
        pattern: '^sha256:[0-9a-f]{64}$',
        'x-form': 'sha256: and 64 hexadecimal digits in lower case',
      }),
    ),
    key: optional(
      text('The key itself, in place of its hash; write it as ${VARIABLE}. At least 16 characters.', { minLength: 1, writeOnly: true }),
    ),
    subject: optional(text('Whose tasks and sessions the caller has; default: the name of the key.', { minLength: 1, maxLength: 255 })),
    role: optional(text('Role of the caller.', { minLength: 1, maxLength: 255 })),
    tenant: optional(text('Tenant of the caller.', { minLength: 1, maxLength: 255 })),
    expires_at: optional(text('From when on it is refused, e.g. 2027-01-31T00:00:00Z.', { minLength: 1 })),
  },
  'One key.',
);

export const AuthSchema = section(
  {
    enabled: flag('Callers must show who they are; without it, every caller is the one local user.', { default: false }),
    jwks_url: text('Where the identity provider publishes the keys that it signs tokens with (JWK set).', { default: '', ...ADDRESS }),
    issuer: text('`iss` of tokens, letter by letter.', { default: '' }),
    audience: text('`aud` of tokens: what the identity provider calls this server.', { default: '' }),
    client_id: text('Public client id that /health tells frontends.', { default: '' }),
    refresh_interval: duration('How often the keys are fetched.', { default: 900_000, minimum: 60_000 }),
    refresh_cooldown: duration('Between two fetches, also when a token names a key that is not known yet; such a token waits so long.', {
      default: 5_000,
      minimum: 100,
      maximum: 60_000,
    }),
    keys_max_age: duration('While the keys cannot be fetched, those fetched last are used for so long.', {
      default: 86_400_000,
      minimum: 60_000,
    }),
    fetch_timeout: duration('Fetching the keys may take so long.', { default: 5_000, minimum: 100, maximum: 60_000 }),
    clock_skew: duration("How far the identity provider's clock may be off, for `exp` and `nbf`.", { default: 60_000, maximum: 600_000 }),
    role_claim: text("Claim with the caller's role, or a list of roles; a path such as realm_access.roles is followed.", {
      default: 'role',
      minLength: 1,
    }),
    tenant_claim: text("Claim with the caller's tenant; a path is followed.", { default: 'tenant_id', minLength: 1 }),
    require_auth: flag('Nobody calls without credentials; false lets anonymous callers use public agents.', { default: true }),
    excluded_paths: list(
      text('A path, or one that ends in /* for all below it.', { pattern: '^/\\S*$', 'x-form': 'a path that begins with /' }),
      'Paths that need no credentials, whatever require_auth says. The management API is never one of them.',
      { default: ['/health', '/.well-known/agent-card.json'] },
    ),
    api_keys: list(ApiKeySchema, 'Keys that are sent like tokens: Authorization: Bearer <key>.', { default: [] }),
  },
  'Who may call. Tokens (jwks_url, issuer and audience) and api_keys may both be on: either suffices.',
);

export function resolveAuth(auth: Static<typeof AuthSchema>): AuthSettings {
  return {
    enabled: auth.enabled,
    jwksUrl: auth.jwks_url,
    issuer: auth.issuer,
    audience: auth.audience,
    clientId: auth.client_id,
    refreshIntervalMs: auth.refresh_interval,
    refreshCooldownMs: auth.refresh_cooldown,
    keysMaxAgeMs: auth.keys_max_age,
    fetchTimeoutMs: auth.fetch_timeout,
    clockSkewMs: auth.clock_skew,
    roleClaim: auth.role_claim,
    tenantClaim: auth.tenant_claim,
    requireAuth: auth.require_auth,
    excludedPaths: auth.excluded_paths,
    // A key that is written out goes no further than this.
    apiKeys: auth.api_keys.map(({ name, hash, key = '', subject = name, role, tenant, expires_at: expiresAt }) => ({
      name,
      hash: hash ?? `sha256:${sha256Hex(key)}`,
      subject,
      role,
      tenant,
      expiresAt,
    })),
  };
}
