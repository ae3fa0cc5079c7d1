import { isIP } from 'node:net';
import type { Authenticate } from './authenticate.js';

/**
 * Where a caller calls from, as the proxy in front tells it (`server.trust_proxy`): the last entry of `X-Forwarded-For`, which is the proxy's own;
 * what stands before it, any client can make up (W-105).
 */
export function behindProxy(authenticate: Authenticate, isTrusted: boolean): Authenticate {
  if (!isTrusted) return authenticate;
  return ({ headers, remoteAddress, path }, door) => {
    const told = withoutPort(headers['x-forwarded-for']?.split(',').at(-1)?.trim() ?? '');
    const address = isIP(told) === 0 ? remoteAddress : told;
    return authenticate({ headers, remoteAddress: address, ...(path === undefined ? {} : { path }) }, door);
  };
}

/** Some proxies write `1.2.3.4:5678` and `[2001:db8::1]:5678`: with the port, every connection of a caller would be another caller. */
function withoutPort(told: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/.exec(told) ?? [];
  return bracketed ?? plain ?? told;
}
