import type { HttpResponse, PlainResponse } from './server.js';

/** Default CORS (API-65): any origin, without credentials; a browser never sends ours along, so a wildcard gives nothing away. */
export function withCors<R extends HttpResponse>(response: R): R {
  return { ...response, headers: { ...response.headers, ...ANY_ORIGIN } };
}

/** Answers OPTIONS, before any authentication. */
export function preflightResponse(allow: string): PlainResponse {
  return { status: 204, headers: { ...PREFLIGHT, allow }, body: '' };
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
