import type { Authenticate } from '../access/authenticate.js';
import { isServerOperator, managedScopeOf, ownerOf } from '../access/principal.js';
import { assertJson } from '../base/assert-json.js';
import { AppError } from '../base/errors.js';
import type { Audit } from '../observe/audit.js';
import type { StudioRoute } from '../studio/studio-route.js';
import { jsonResponse } from './error-response.js';
import type { RouteHandler } from './route-context.js';
import type { Route } from './router.js';
import { assertSameOrigin, type OwnNames } from './same-origin.js';
import type { HttpRequest } from './server.js';

export interface StudioMount {
  readonly authenticate: Authenticate;
  readonly own: OwnNames;
  readonly operatorRoles: () => readonly string[];
  /** Told of callers whose roles are not enough (SEC-16). */
  readonly audit: Audit;
}

/** The management API as paths of this server: for authenticated callers that are no pages of other origins, JSON in and out. */
export function mountStudio(
  routes: readonly StudioRoute[],
  { authenticate, own, operatorRoles, audit }: StudioMount,
): Route<RouteHandler>[] {
  return routes.map(({ method, pattern, isForOperators = false, takes, handle }) => ({
    method,
    pattern,
    handle: async ({ request, parameters }) => {
      assertSameOrigin(request, own);
      const principal = await authenticate(request, 'manage');
      const roles = operatorRoles();
      // API-07
      if (isForOperators && !isServerOperator(principal, roles)) {
        const { remoteAddress } = request;
        audit.record({ action: 'auth.authorize', user: ownerOf(principal), success: false, error: 'ACCESS_ROLE_MISSING', remoteAddress });
        throw new AppError('ACCESS_ROLE_MISSING', {
          message: `This needs one of the roles ${roles.join(', ')} (server.studio.allowed_roles), of no tenant: it is about the whole server`,
        });
      }
      const { status, body, text, headers } = await handle({
        owner: managedScopeOf(principal, roles),
        caller: principal.subject,
        parameters,
        query: new URLSearchParams(request.query),
        body: readBody(method, request, takes),
        headers: request.headers,
        remoteAddress: request.remoteAddress,
      });
      return jsonResponse(status, text ?? JSON.stringify(body), { 'cache-control': 'no-store', ...headers });
    },
  }));
}

function readBody(method: string, request: HttpRequest, takes: readonly string[] | undefined): unknown {
  if (takes !== undefined) return readText(request, takes);
  return method === 'POST' ? readJson(request) : undefined;
}

/** No missing type: a form of a foreign page has one of those that need no preflight (W-55b). */
function readText({ body, headers }: HttpRequest, takes: readonly string[]): string {
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (takes.includes(type)) return body.toString();
  throw new AppError('HTTP_UNSUPPORTED_MEDIA_TYPE', { message: `content-type is '${type.slice(0, 100)}': send ${takes.join(' or ')}` });
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
