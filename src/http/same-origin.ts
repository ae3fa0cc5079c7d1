/**
 * Keeps web pages of other origins away from paths that act for whoever sits at the machine: without credentials of its own, the
 * management API would do for any open page what it does for its user (W-55b). Programs name no origin and are let through.
 */
import { isLoopback } from '../access/is-loopback.js';
import { AppError } from '../base/errors.js';
import type { HttpRequest } from './server.js';

export interface OwnNames {
  /** `server.public_url`, or ''. */
  readonly publicUrl: string;
  /** `server.host`. */
  readonly host: string;
}

/** @param what is called, for the message. @throws AppError `ACCESS_FORBIDDEN` */
export function assertSameOrigin(
  { headers, remoteAddress }: Pick<HttpRequest, 'headers' | 'remoteAddress'>,
  own: OwnNames,
  what = 'the management API',
): void {
  const { origin, host = '' } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw refused(what, `a page of another origin (Sec-Fetch-Site: ${site})`);
  if (origin !== undefined && !isOwnOrigin(origin, host, own))
    throw refused(what, `a page of the origin '${origin.slice(0, SHOWN_CHARACTERS)}'`);
  // A page may have made its own name resolve to this machine: then it is of the same origin, under a name that is none of ours.
  if (isLoopback(remoteAddress) && !isOwnName(hostnameOf(`http://${host}`), own)) {
    throw new AppError('ACCESS_FORBIDDEN', {
      message: `'${host.slice(0, SHOWN_CHARACTERS)}' is no name of this server: use an address, localhost or server.host, or set server.public_url to the name that clients use`,
    });
  }
}

function isOwnOrigin(origin: string, host: string, { publicUrl }: OwnNames): boolean {
  const place = placeOf(origin);
  return place !== undefined && (place === placeOf(`${schemeOf(origin)}://${host}`) || (publicUrl !== '' && place === placeOf(publicUrl)));
}

function isOwnName(name: string | undefined, { publicUrl, host }: OwnNames): boolean {
  if (name === undefined) return false;
  // No name service has a say in an address, nor in localhost.
  if (/^[\d.]+$/.test(name) || name.startsWith('[') || name === 'localhost' || name.endsWith('.localhost')) return true;
  return name === host.toLowerCase() || (publicUrl !== '' && name === hostnameOf(publicUrl));
}

/** Host and port, the scheme's own left out; of http and https alone. */
function placeOf(url: string): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed !== undefined && /^https?:$/.test(parsed.protocol) && parsed.host !== '' ? parsed.host : undefined;
}

function hostnameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

function schemeOf(origin: string): string {
  return origin.startsWith('https:') ? 'https' : 'http';
}

function refused(what: string, whom: string): AppError {
  return new AppError('ACCESS_FORBIDDEN', {
    message: `${what} does not answer ${whom}; use the CLI, or a page that this server serves`,
  });
}

const SHOWN_CHARACTERS = 100;
