/** What a refused caller is told of how to come in (E7, RFC 6750). */
import { AppError } from '../base/errors.js';

const REASONS = {
  malformed: 'it is no Bearer token that this server takes',
  unknown: 'nobody knows it',
  expired: 'it has expired',
  'not-yet': 'it is not valid yet',
  issuer: 'it was issued by somebody else',
  audience: 'it is for another audience',
  key: 'it is signed with an unknown key',
  signature: 'its signature is wrong',
  algorithm: 'its algorithm is not allowed',
  subject: 'its subject is missing or cannot be used',
  tenant: 'its tenant cannot be used',
  claims: 'its claims are not valid',
} as const;

export type TokenFault = keyof typeof REASONS;

/** Credentials were sent, and they are wrong. */
export function invalidToken(reason: TokenFault, cause?: unknown): AppError {
  return new AppError('ACCESS_TOKEN_INVALID', {
    message: `The token is refused: ${REASONS[reason]}`,
    details: { reason },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Value of `WWW-Authenticate`; `undefined` for errors that credentials do not cure. */
export function findChallenge({ code, message }: Pick<AppError, 'code' | 'message'>): string | undefined {
  switch (code) {
    case 'ACCESS_UNAUTHENTICATED':
      return REALM;
    case 'ACCESS_TOKEN_INVALID':
      return `${REALM}, error="invalid_token", error_description="${message}"`;
    case 'ACCESS_ROLE_MISSING':
      return `${REALM}, error="insufficient_scope"`;
    default:
      return undefined;
  }
}

const REALM = 'Bearer realm="hector"';
