import type { Authenticate } from './authenticate.js';

/**
 * Where a caller calls from, as the proxy in front tells it (`server.trust_proxy`): the last entry of `X-Forwarded-For`, which is the proxy's own;
 * what stands before it, any client can make up (W-105).
 */
export function behindProxy(authenticate: Authenticate, isTrusted: boolean): Authenticate {
  if (!isTrusted) return authenticate;
  return ({ headers, remoteAddress, path }, door) => {
    const told = headers['x-forwarded-for']?.split(',').at(-1)?.trim() ?? '';
    const address = /^[0-9A-Fa-f:.]{2,45}$/.test(told) ? told : remoteAddress;
    return authenticate({ headers, remoteAddress: address, ...(path === undefined ? {} : { path }) }, door);
  };
}
