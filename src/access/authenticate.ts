/** The gate (SEC-01…07): where a caller becomes a principal, or is refused. */
import type { Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import { canonicalJson, sha256Hex } from '../base/json.js';
import type { MaybePromise } from '../base/maybe-promise.js';
import type { AuthSettings, TokenSettings } from '../config/settings.js';
import { type Audit, type AuditRecord, silentAudit } from '../observe/audit.js';
import type { Logger } from '../observe/log.js';
import { inSpan } from '../observe/trace.js';
import { invalidToken } from './challenge.js';
import { findApiKey, type KnownKey, toKnownKeys } from './find-api-key.js';
import { anonymousPrincipal, localPrincipal, ownerOf, type Principal } from './principal.js';
import { TokenVerifier } from './token-verifier.js';

/** What authentication may look at. */
export interface Credentials {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly remoteAddress: string;
  /** As it was requested. Default: one that needs credentials. */
  readonly path?: string;
}

/**
 * `call`: somebody without credentials passes where `require_auth` or `excluded_paths` allow it. `look`: passes; what is shown is decided by
 * who sees it (SEC-06). `manage`: never passes.
 */
export type Door = 'call' | 'look' | 'manage';

/** @param door default `call`. @throws AppError `ACCESS_UNAUTHENTICATED`, `ACCESS_TOKEN_INVALID`, `ACCESS_KEYS_UNAVAILABLE`. */
export type Authenticate = (credentials: Credentials, door?: Door) => MaybePromise<Principal>;

export interface AuthenticatorOptions {
  /** The current ones; a reload shows at the next request. */
  readonly settings: () => AuthSettings;
  /** A key of this process's own caller, who may do everything. Default: there is none. */
  readonly ownKey?: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of every attempt (SEC-16). Default: nobody is. */
  readonly audit?: Audit;
}

export interface Authenticator {
  readonly authenticate: Authenticate;
  /** Keys are fetched no more. May be called twice. */
  close(): void;
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { audit = silentAudit } = options;
  let gate = new Gate(options.settings(), options);
  const getGate = () => {
    const current = options.settings();
    if (current !== gate.settings) gate = gate.replace(current);
    return gate;
  };
  return {
    authenticate: (credentials, door = 'call') =>
      inSpan('hector.access.check', {}, () => {
        const current = getGate();
        return current.settings.enabled ? check(current, credentials, door, audit) : localPrincipal;
      }),
    close: () => gate.close(),
  };
}

async function check(gate: Gate, credentials: Credentials, door: Door, audit: Audit): Promise<Principal> {
  const { headers, remoteAddress } = credentials;
  const record = (rest: Omit<AuditRecord, 'action' | 'remoteAddress'>) =>
    audit.record({ action: 'auth.authenticate', remoteAddress, ...rest });
  const sent = headers.authorization;
  if (sent === undefined) {
    if (!needsCredentials(gate.settings, credentials, door)) return anonymousPrincipal(remoteAddress);
    record({ user: '', success: false, error: 'missing', credential: 'none' });
    throw new AppError('ACCESS_UNAUTHENTICATED', { message: WHAT_TO_SEND });
  }
  const token = BEARER.exec(sent)?.[1];
  try {
    if (token === undefined) throw invalidToken('malformed');
    const { principal, credential } = await gate.identify(token);
    record({ user: ownerOf(principal), success: true, credential });
    return principal;
  } catch (error) {
    const reason = error instanceof AppError ? String(error.details['reason'] ?? error.code) : 'error';
    record({ user: '', success: false, error: reason, credential: 'token' });
    throw error;
  }
}

function needsCredentials({ requireAuth, excludedPaths }: AuthSettings, { path }: Credentials, door: Door): boolean {
  if (door !== 'call') return door === 'manage';
  return requireAuth && !(path !== undefined && excludedPaths.some((excluded) => covers(excluded, path)));
}

/** Letter by letter: a path that is written in another way needs credentials. */
function covers(excluded: string, path: string): boolean {
  return excluded.endsWith('/*') ? path.startsWith(excluded.slice(0, -1)) : path === excluded;
}

interface Identified {
  readonly principal: Principal;
  readonly credential: 'token' | 'api_key';
}

/** What one set of settings lets in. Owns: the keys of the identity provider, handed on to the next gate where those settings stay. */
class Gate {
  readonly settings: AuthSettings;
  readonly #options: AuthenticatorOptions;
  readonly #keys: readonly KnownKey[];
  readonly #ownKey: string | undefined;
  readonly #verifier: Promise<TokenVerifier> | undefined;

  constructor(settings: AuthSettings, options: AuthenticatorOptions, verifier = createVerifier(settings, options)) {
    this.settings = settings;
    this.#options = options;
    this.#keys = toKnownKeys(settings.apiKeys);
    this.#ownKey = options.ownKey === undefined ? undefined : sha256Hex(options.ownKey);
    this.#verifier = verifier;
  }

  replace(settings: AuthSettings): Gate {
    if (canonicalJson(tokensOf(settings)) === canonicalJson(tokensOf(this.settings)))
      return new Gate(settings, this.#options, this.#verifier);
    this.close();
    return new Gate(settings, this.#options);
  }

  /** @throws AppError `ACCESS_TOKEN_INVALID`, `ACCESS_KEYS_UNAVAILABLE`. */
  async identify(token: string): Promise<Identified> {
    const key = findApiKey(this.#keys, token);
    if (key !== undefined) return { principal: this.#toPrincipal(key), credential: 'api_key' };
    if (this.#ownKey !== undefined && findApiKey([{ digest: Buffer.from(this.#ownKey, 'hex') }], token) !== undefined)
      return { principal: { ...localPrincipal }, credential: 'api_key' };
    // Three parts: what is none cannot be a token, and nobody has to fetch keys for it.
    if (this.#verifier === undefined || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw invalidToken('unknown');
    return { principal: await (await this.#verifier).verify(token), credential: 'token' };
  }

  #toPrincipal({ name, subject, role, tenant, expiresAt }: KnownKey): Principal {
    if (expiresAt !== undefined && this.#options.clock.now() >= expiresAt) throw invalidToken('expired');
    return {
      subject,
      authenticated: true,
      name,
      ...(role === undefined ? {} : { roles: [role] }),
      ...(tenant === undefined ? {} : { tenant }),
    };
  }

  close(): void {
    void this.#verifier?.then((verifier) => verifier.close());
  }
}

function createVerifier(settings: AuthSettings, { clock, log }: AuthenticatorOptions): Promise<TokenVerifier> | undefined {
  const tokens = tokensOf(settings);
  if (tokens === undefined) return undefined;
  const verifier = TokenVerifier.create({ settings: tokens, clock, log });
  // Whoever brings a token is told.
  verifier.catch(() => undefined);
  return verifier;
}

/** What tokens are checked by; `undefined` = none are taken. */
function tokensOf({
  enabled,
  clientId: _,
  requireAuth: __,
  excludedPaths: ___,
  apiKeys: ____,
  ...tokens
}: AuthSettings): TokenSettings | undefined {
  return enabled && tokens.jwksUrl !== '' ? tokens : undefined;
}

const BEARER = /^bearer +([\x21-\x2b\x2d-\x7e]+)$/i;
const WHAT_TO_SEND = 'Authentication is required: send Authorization: Bearer <token>';
