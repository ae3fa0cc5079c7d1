import type { Authenticate } from '../access/authenticate.js';
import { assertJson } from '../base/assert-json.js';
import { AppError } from '../base/errors.js';
import type { StudioRoute } from '../studio/studio-route.js';
import { jsonResponse } from './error-response.js';
import type { RouteHandler } from './route-context.js';
import type { Route } from './router.js';
import { assertSameOrigin, type OwnNames } from './same-origin.js';
import type { HttpRequest } from './server.js';

/** The management API as paths of this server: for authenticated callers that are no pages of other origins, JSON in and out. */
export function mountStudio(routes: readonly StudioRoute[], authenticate: Authenticate, own: OwnNames): Route<RouteHandler>[] {
  return routes.map(({ method, pattern, handle }) => ({
    method,
    pattern,
    handle: async ({ request, parameters }) => {
      assertSameOrigin(request, own);
      const { subject } = await authenticate(request);
      const { status, body } = await handle({
        owner: subject,
        parameters,
        query: new URLSearchParams(request.query),
        body: method === 'POST' ? readJson(request) : undefined,
      });
      return jsonResponse(status, JSON.stringify(body), { 'cache-control': 'no-store' });
    },
  }));
}

function readJson({ body, headers }: HttpRequest): unknown {
  if (body.length === 0) return undefined;
  assertJson(headers['content-type']);
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw new AppError('REQUEST_INVALID_JSON', { message: `the body is not JSON: ${(cause as Error).message}`, cause });
  }
}
