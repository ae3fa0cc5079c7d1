/** Who the command line is to a server (SEC-03). */
import { randomBytes } from 'node:crypto';
import type { Settings } from '../config/settings.js';
import { type CliContext, type CommandInput, findTextFlag, type OptionSpec } from './command.js';

export const TOKEN_OPTION: OptionSpec = {
  type: 'string',
  value: '<token>',
  description: 'Token or key for the server of --url (default: the variable HECTOR_TOKEN, which no list of processes shows)',
};

export const WHERE_TOKENS_GO = 'give one with --token or in the variable HECTOR_TOKEN';

export function findToken(input: CommandInput, { environment }: Pick<CliContext, 'environment'>): string | undefined {
  const token = findTextFlag(input, 'token') ?? environment['HECTOR_TOKEN'];
  return token === '' ? undefined : token;
}

/** For a server that this command starts for itself: others on this machine can reach its port, too. */
export function makeOwnKey({ server }: Pick<Settings, 'server'>): string | undefined {
  return server.auth.enabled ? randomBytes(32).toString('base64url') : undefined;
}

export function bearer(token: string | undefined): Readonly<Record<string, string>> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
