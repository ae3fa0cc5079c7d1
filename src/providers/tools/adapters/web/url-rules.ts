/** Which URLs a tool may ask, by what is written in them (TOOL-17). Where they lead is the outbound guard's (TOOL-18). */
import { domainToASCII } from 'node:url';
import { AppError } from '../../../../base/errors.js';
import { trimEndOf } from '../../../../base/trim.js';
import type { WebLimits } from '../../../../config/settings.js';
import { findUrl } from './find-url.js';

export type UrlRules = Pick<WebLimits, 'allowedDomains' | 'deniedDomains'>;

/** @throws AppError `TOOL_URL_REFUSED`. `base` is where a redirect came from. */
export function parseUrl(text: string, rules: UrlRules, base?: URL): URL {
  const url = findUrl(text, base?.href);
  if (url === undefined) throw refused(`'${text.slice(0, 200)}' is not a URL; wanted one such as https://example.com/page`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused(`'${url.protocol}' is not allowed; wanted http or https`);
  // What stands before the @ reads like the host, and would be sent to whoever is behind it.
  if (url.username !== '' || url.password !== '') throw refused('a URL with a user name or password is not allowed; send a header instead');
  const host = plainHost(url.hostname);
  const denied = rules.deniedDomains.find((domain) => covers(domain, host));
  if (denied !== undefined) throw refused(`'${host}' is in denied_domains`);
  if (rules.allowedDomains.length > 0 && !rules.allowedDomains.some((domain) => covers(domain, host)))
    throw refused(`'${host}' is not in allowed_domains: ${rules.allowedDomains.join(', ')}`);
  url.hash = '';
  return url;
}

export function refused(message: string): AppError {
  return new AppError('TOOL_URL_REFUSED', { message });
}

/** `*.x` is what lies below x, without x. */
function covers(domain: string, host: string): boolean {
  const below = domain.startsWith('*.');
  const name = plainHost(domainToASCII(below ? domain.slice(2) : domain));
  // A domain that cannot be a host covers nothing, and must not cover everything.
  if (name === '') return false;
  return below ? host.endsWith(`.${name}`) : host === name;
}

/** One spelling for each host: `example.com.` is `example.com`. */
function plainHost(host: string): string {
  return trimEndOf(host.toLowerCase(), '.');
}
