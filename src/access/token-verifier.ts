/** Tokens of an identity provider (SEC-01, SEC-02): signature, time, issuer and audience, and what they say of the caller. */
import type * as Jose from 'jose';
import type { Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import { isJsonObject, type JsonObject } from '../base/json.js';
import { isReservedSubject } from '../config/check-auth.js';
import type { TokenSettings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import { invalidToken } from './challenge.js';
import { KeySet } from './key-set.js';
import { localPrincipal, type Principal } from './principal.js';

export interface TokenVerifierOptions {
  readonly settings: TokenSettings;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Owns the keys; `close` ends their fetching. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;
  readonly #jose: typeof Jose;
  readonly #keys: KeySet;

  private constructor(options: TokenVerifierOptions, jose: typeof Jose) {
    this.#options = options;
    this.#jose = jose;
    this.#keys = new KeySet({ ...options, jose });
  }

  /** jose is loaded only where tokens are taken. */
  static async create(options: TokenVerifierOptions): Promise<TokenVerifier> {
    return new TokenVerifier(options, await import('jose'));
  }

  /** @throws AppError `ACCESS_TOKEN_INVALID`, `ACCESS_KEYS_UNAVAILABLE`. */
  async verify(token: string): Promise<Principal> {
    const { settings } = this.#options;
    return toPrincipal((await this.#check(token)) as JsonObject, settings);
  }

  async #check(token: string): Promise<Jose.JWTPayload> {
    const { jwtVerify, errors } = this.#jose;
    const options = this.#verifyOptions();
    try {
      return (await jwtVerify(token, this.#keys.getKey, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw this.#toRefusal(error);
      let last: unknown = error;
      // A token that names no key, where several fit.
      for await (const key of error) {
        try {
          return (await jwtVerify(token, key, options)).payload;
        } catch (failure) {
          last = failure;
          if (!(failure instanceof errors.JWSSignatureVerificationFailed)) break;
        }
      }
      throw this.#toRefusal(last);
    }
  }

  #verifyOptions(): Jose.JWTVerifyOptions {
    const { settings, clock } = this.#options;
    return {
      issuer: settings.issuer,
      audience: settings.audience,
      algorithms: ALGORITHMS,
      clockTolerance: settings.clockSkewMs / 1000,
      currentDate: new Date(clock.now()),
      requiredClaims: ['exp', 'sub'],
    };
  }

  /** In words of ours: what a token holds is not repeated. */
  #toRefusal(error: unknown): AppError {
    if (error instanceof AppError) return error;
    const { errors } = this.#jose;
    if (error instanceof errors.JWTExpired) return invalidToken('expired', error);
    if (error instanceof errors.JWTClaimValidationFailed) return invalidToken(CLAIM_REASONS[error.claim] ?? 'claims', error);
    if (error instanceof errors.JWKSNoMatchingKey) return invalidToken('key', error);
    if (error instanceof errors.JWSSignatureVerificationFailed) return invalidToken('signature', error);
    if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) return invalidToken('algorithm', error);
    return invalidToken('malformed', error);
  }

  close(): void {
    this.#keys.close();
  }
}

function toPrincipal(claims: JsonObject, { roleClaim, tenantClaim }: TokenSettings): Principal {
  const { sub, name, email } = claims;
  // Else a token could name itself into what belongs to nobody, or to the time before there were tokens.
  if (!isName(sub) || isReservedSubject(sub) || sub === localPrincipal.subject) throw invalidToken('subject');
  const tenant = findClaim(claims, tenantClaim);
  // Who has a tenant that cannot be read must not pass for somebody without one.
  if (tenant !== undefined && tenant !== null && tenant !== '' && !isName(tenant)) throw invalidToken('tenant');
  return {
    subject: sub,
    authenticated: true,
    roles: readRoles(findClaim(claims, roleClaim)),
    ...(isName(tenant) ? { tenant } : {}),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof email === 'string' ? { email } : {}),
    claims,
  };
}

/** A claim may have dots in its name, as URLs do. */
function findClaim(claims: JsonObject, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  return path
    .split('.')
    .reduce<unknown>((value, name) => (isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined), claims);
}

function readRoles(value: unknown): readonly string[] {
  const roles: readonly unknown[] = Array.isArray(value) ? value : [value];
  return roles.filter(isName).slice(0, MAX_ROLES);
}

/** Short, and without what no database stores or no line of a log holds. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME_LENGTH && !/[\p{Cc}\p{Surrogate}]/u.test(value);
}

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
const CLAIM_REASONS: Readonly<Record<string, 'issuer' | 'audience' | 'not-yet' | 'subject'>> = {
  iss: 'issuer',
  aud: 'audience',
  nbf: 'not-yet',
  sub: 'subject',
};
const MAX_NAME_LENGTH = 255;
const MAX_ROLES = 100;
