import type { HttpHeaders, HttpResponse } from './server.js';

/**
 * For browsers: nothing that this server answers is a page of its own to be framed, guessed at or told of to others. What a route says
 * itself comes first.
 */
export function secured<R extends HttpResponse>(response: R): R {
  return { ...response, headers: withSecured(response.headers) };
}

/** Headers that never change are the same object in every answer, and so are those made of them. */
function withSecured(headers: HttpHeaders): HttpHeaders {
  const known = SECURED.get(headers);
  if (known !== undefined) return known;
  const made = { ...HEADERS, ...headers };
  SECURED.set(headers, made);
  return made;
}

const SECURED = new WeakMap<HttpHeaders, HttpHeaders>();

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
} as const;
