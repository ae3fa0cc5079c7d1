/** Addresses that flags of `serve` give. One that holds a secret travels as a variable, so that no file and no stored text holds it (CLI-48). */
import { hideAddressSecrets } from '../config/address-secrets.js';
import type { Environment } from '../config/environment.js';
import { type CommandInput, findTextFlag } from './command.js';

const VARIABLES = { 'mcp-url': 'MCP_URL', 'base-url': 'HECTOR_BASE_URL', 'embedder-url': 'HECTOR_EMBEDDER_URL' } as const;
type AddressFlag = keyof typeof VARIABLES;

/** As it is written into a document; `undefined`: nobody gave one. */
export function findAddress(input: CommandInput, flag: AddressFlag, quote: (text: string) => string): string | undefined {
  const address = findTextFlag(input, flag);
  if (address === undefined) return undefined;
  return holdsSecret(address) ? `\${${VARIABLES[flag]}}` : quote(address);
}

export function withAddressSecrets(environment: Environment, input: CommandInput): Environment {
  const given = listSecretAddresses(input).map((flag) => [VARIABLES[flag], findTextFlag(input, flag)]);
  return { ...environment, ...Object.fromEntries(given) };
}

export function listSecretAddresses(input: CommandInput): readonly AddressFlag[] {
  return (Object.keys(VARIABLES) as AddressFlag[]).filter((flag) => holdsSecret(findTextFlag(input, flag) ?? ''));
}

function holdsSecret(address: string): boolean {
  return hideAddressSecrets(address, '') !== address;
}
