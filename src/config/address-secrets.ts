/** An address without its secrets: the password of its user, and the values of parameters that are called like one. */
export function hideAddressSecrets(address: string, mask: string): string {
  return address.replace(PASSWORD, `$1${mask}@`).replace(PARAMETER, `$1${mask}`);
}

const PASSWORD = /(:\/\/[^:@/\s]*:)[^@/\s]+@/;
const PARAMETER = /([?&][\w.-]{0,40}?(?:api[-_]?key|access[-_]?key|secret|token|passw(?:or)?d|pwd|signature|credential)=)[^&#\s]+/gi;
