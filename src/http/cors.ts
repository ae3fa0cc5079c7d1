/** What browsers are told of pages of other origins (`server.cors`, API-65, API-66). */
import type { CorsSettings } from '../config/settings.js';
import type { HttpHeaders, HttpRequest, HttpResponse, PlainResponse } from './server.js';

type Asking = Pick<HttpRequest, 'headers'>;

export interface CorsPorts {
  /** The current ones. */
  readonly settings: () => CorsSettings;
  /** Pages may send and read the header of A2A 0.3 too, now. */
  readonly speaksLegacy: () => boolean;
}

/** An origin is allowed when it stands in the list letter by letter; no other one is ever named, so the browser keeps the answer from its pages. */
export function withCors<R extends HttpResponse>(response: R, request: Asking, ports: CorsPorts): R {
  const expose = ports.speaksLegacy() ? EXPOSED_WITH_LEGACY : EXPOSED;
  if (ports.settings().allowedOrigins.includes('*')) return { ...response, headers: openToAll(response.headers, expose) };
  const origin = originHeaders(request, ports);
  if (origin['access-control-allow-origin'] === undefined && origin['vary'] === undefined) return response;
  const { vary } = response.headers;
  const both = vary !== undefined && origin['vary'] !== undefined ? { vary: `${vary}, ${origin['vary']}` } : {};
  const allowed = origin['access-control-allow-origin'] === undefined ? {} : { 'access-control-expose-headers': expose };
  return { ...response, headers: { ...response.headers, ...origin, ...both, ...allowed } };
}

/** Answers OPTIONS, before any authentication. */
export function preflightResponse(allow: string, ports: CorsPorts): PlainResponse {
  const { allowedMethods, allowedHeaders, maxAgeMs } = ports.settings();
  const headers = ports.speaksLegacy() ? [...allowedHeaders, LEGACY_HEADER] : allowedHeaders;
  return {
    status: 204,
    headers: {
      'access-control-allow-methods': allowedMethods.join(', '),
      'access-control-allow-headers': headers.join(', '),
      'access-control-max-age': String(Math.floor(maxAgeMs / 1_000)),
      allow,
    },
    body: '',
  };
}

/** Never with credentials, whatever the settings came from. Headers that never change are the same object in every answer (`secured.ts`). */
function openToAll(headers: HttpHeaders, expose: string): HttpHeaders {
  const known = OPEN.get(headers);
  if (known?.expose === expose) return known.headers;
  const made = { ...headers, 'access-control-allow-origin': '*', 'access-control-expose-headers': expose };
  OPEN.set(headers, { expose, headers: made });
  return made;
}

const OPEN = new WeakMap<HttpHeaders, { readonly expose: string; readonly headers: HttpHeaders }>();

function originHeaders({ headers }: Asking, { settings }: CorsPorts): HttpHeaders {
  const { allowedOrigins, allowCredentials } = settings();
  const { origin } = headers;
  if (origin === undefined || !allowedOrigins.includes(origin)) return { vary: 'Origin' };
  return {
    'access-control-allow-origin': origin,
    vary: 'Origin',
    ...(allowCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
  };
}

const EXPOSED = 'A2A-Version, A2A-Extensions, ETag, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset';
const LEGACY_HEADER = 'X-A2A-Extensions';
const EXPOSED_WITH_LEGACY = `${EXPOSED}, ${LEGACY_HEADER}`;
