import { LEGACY_REST_ROUTES, LEGACY_WORD } from '../a2a/legacy/legacy-rest.js';
import { REST_ROUTES, REST_WORDS, type RestRoute } from '../a2a/rest-routes.js';
import type { Authenticate } from '../access/authenticate.js';
import { type BindingPorts, toBindingRequest, toResponse } from './binding-reply-response.js';
import type { RouteContext, RouteHandler } from './route-context.js';
import type { Route } from './router.js';
import type { HttpResponse } from './server.js';

/**
 * The HTTP+JSON binding as paths of this server: each below an agent, and below a tenant of it (RE1). The paths of 0.3 come first, and
 * are there only while 0.3 is spoken: `v1` may be a tenant otherwise.
 */
export function mountRest(ports: BindingPorts, authenticate: Authenticate): Route<RouteHandler>[] {
  const { binding } = ports;
  const mount = (route: RestRoute) => ({
    method: route.method,
    path: route.path,
    handle: (context: RouteContext) => answerRest(ports, route, context, authenticate),
  });
  const mounted = REST_ROUTES.map(mount);
  return [
    ...LEGACY_REST_ROUTES.map(mount).flatMap(({ method, path, handle }) => [
      { method, pattern: `/agents/{name}${path}`, accepts: () => binding.speaksLegacy(), handle },
      { method, pattern: path, accepts: () => binding.speaksLegacy(), handle },
    ]),
    ...mounted.map(({ method, path, handle }) => ({ method, pattern: `/agents/{name}${path}`, handle })),
    ...mounted.map(({ method, path, handle }) => ({
      method,
      pattern: `/agents/{name}/{tenant}${path}`,
      accepts: ({ tenant }: RouteContext['parameters']) =>
        !REST_WORDS.has(tenant as string) && !(tenant === LEGACY_WORD && binding.speaksLegacy()),
      handle,
    })),
  ];
}

async function answerRest(ports: BindingPorts, route: RestRoute, context: RouteContext, authenticate: Authenticate): Promise<HttpResponse> {
  const principal = await authenticate(context.request);
  const call = { route, parameters: context.parameters, request: toBindingRequest(context) };
  return toResponse(ports, await ports.binding.handleRest(call, principal));
}
