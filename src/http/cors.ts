import type { HttpResponse, PlainResponse } from './server.js';

/**
 * Default CORS (API-65): any origin, without credentials; a browser never sends ours along, so a wildcard gives nothing away.
 * @param speaksLegacy pages may read the header of A2A 0.3 too. Default false.
 */
export function withCors<R extends HttpResponse>(response: R, speaksLegacy = false): R {
  return { ...response, headers: { ...response.headers, ...(speaksLegacy ? ANY_ORIGIN_LEGACY : ANY_ORIGIN) } };
}

/**
 * Answers OPTIONS, before any authentication.
 * @param speaksLegacy pages may send the header of A2A 0.3 too
 */
export function preflightResponse(allow: string, speaksLegacy: boolean): PlainResponse {
  return { status: 204, headers: { ...(speaksLegacy ? PREFLIGHT_LEGACY : PREFLIGHT), allow }, body: '' };
}

const ANY_ORIGIN = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'A2A-Version, A2A-Extensions, ETag, Retry-After',
};

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
  'access-control-allow-headers': 'Content-Type, Authorization, A2A-Version, A2A-Extensions, Last-Event-ID',
  'access-control-max-age': '600',
};

const ANY_ORIGIN_LEGACY = {
  ...ANY_ORIGIN,
  'access-control-expose-headers': `${ANY_ORIGIN['access-control-expose-headers']}, X-A2A-Extensions`,
};
const PREFLIGHT_LEGACY = {
  ...PREFLIGHT,
  'access-control-allow-headers': `${PREFLIGHT['access-control-allow-headers']}, X-A2A-Extensions`,
};
