/** Flags of `serve` that say who may call (CLI-30, SEC-07). */
import type { JsonObject } from '../base/json.js';
import { valueAt } from '../config/path.js';
import { type CommandInput, findTextFlag, type OptionSpec } from './command.js';
import type { Terminal } from './terminal.js';

export const AUTH_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'auth-jwks-url': { type: 'string', value: '<url>', description: 'Keys of the identity provider; with --auth-issuer and --auth-audience' },
  'auth-issuer': { type: 'string', value: '<text>', description: 'Who issues the tokens (iss)' },
  'auth-audience': { type: 'string', value: '<text>', description: 'Whom the tokens are for (aud)' },
  'auth-client-id': { type: 'string', value: '<id>', description: 'Public client id that /health tells frontends' },
  'auth-required': {
    type: 'boolean',
    description: 'Nobody calls without credentials (default on; --no-auth-required lets anonymous callers in)',
  },
  'studio-roles': {
    type: 'string',
    value: '<roles>',
    description: 'Comma list of roles that see and decide what belongs to others (default operator)',
  },
};

const TOGETHER = ['auth-jwks-url', 'auth-issuer', 'auth-audience'] as const;

/** What the flags lay over `server`; a part of those that belong together turns nothing on. */
export function authOverrides(input: CommandInput, document: JsonObject, quote: (text: string) => string): JsonObject {
  const values = TOGETHER.map((flag) => findTextFlag(input, flag));
  const [jwksUrl, issuer, audience] = values.map((value) => (value === undefined ? undefined : quote(value)));
  const isOn = jwksUrl !== undefined && issuer !== undefined && audience !== undefined;
  const clientId = findTextFlag(input, 'auth-client-id');
  const required = input.flags['auth-required'];
  const auth = {
    ...(isOn ? { enabled: true, jwks_url: jwksUrl, issuer, audience } : {}),
    ...(clientId === undefined ? {} : { client_id: quote(clientId) }),
    ...(typeof required === 'boolean' ? { require_auth: required } : {}),
  };
  const roles = findTextFlag(input, 'studio-roles')
    ?.split(',')
    .map((role) => role.trim())
    .filter((role) => role !== '');
  // The flag's own default differs from the file's (CFG-84): one role less is one way in less.
  const isSaid = valueAt(document, ['server', 'studio', 'allowed_roles']) !== undefined;
  const allowed = roles?.map(quote) ?? (isOn && !isSaid ? ['operator'] : undefined);
  return {
    ...(Object.keys(auth).length === 0 ? {} : { auth }),
    ...(allowed === undefined ? {} : { studio: { allowed_roles: allowed } }),
  };
}

/** SEC-07 */
export function warnAboutAuthFlags(input: CommandInput, terminal: Terminal): void {
  const given = TOGETHER.filter((flag) => findTextFlag(input, flag) !== undefined);
  if (given.length === 0 || given.length === TOGETHER.length) return;
  const missing = TOGETHER.filter((flag) => !given.includes(flag)).map((flag) => `--${flag}`);
  terminal.writeError(
    `warning: ${given.map((flag) => `--${flag}`).join(' and ')} without ${missing.join(' and ')} ${given.length === 1 ? 'turns' : 'turn'} no authentication on; give all three, or none\n`,
  );
}
