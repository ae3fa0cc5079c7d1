import type { HttpResponse } from './server.js';

/**
 * For browsers: nothing that this server answers is a page of its own to be framed, guessed at or told of to others. What a route says
 * itself comes first.
 */
export function secured<R extends HttpResponse>(response: R): R {
  return { ...response, headers: { ...HEADERS, ...response.headers } };
}

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
} as const;
