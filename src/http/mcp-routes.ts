import type { Authenticate } from '../access/authenticate.js';
import type { Principal } from '../access/principal.js';
import { type BindingPorts, toBindingRequest, toResponse } from './binding-reply-response.js';
import type { RouteContext, RouteHandler } from './route-context.js';
import type { Route } from './router.js';
import { assertSameOrigin, type OwnNames } from './same-origin.js';
import type { HttpResponse } from './server.js';

/**
 * The agents as an MCP server: all of them, and each by itself. Not for pages of other origins, as MCP demands (a name that somebody
 * made resolve to this machine must not do).
 */
export function mountMcp(ports: BindingPorts, authenticate: Authenticate, own: OwnNames): Route<RouteHandler>[] {
  const { mcp } = ports.binding;
  if (mcp === undefined) return [];
  const answer = async (context: RouteContext, principal: Principal): Promise<HttpResponse> => {
    const request = toBindingRequest(context);
    const reply = context.request.method === 'POST' ? await mcp.handle(request, principal) : await mcp.resume(request, principal);
    return toResponse(ports, reply);
  };
  const handle: RouteHandler = async (context) => {
    assertSameOrigin(context.request, own, 'the MCP server');
    return answer(context, await authenticate(context.request));
  };
  return ['/mcp', '/agents/{name}/mcp'].flatMap((pattern) => [
    { method: 'POST', pattern, handle } as const,
    { method: 'GET', pattern, handle } as const,
  ]);
}
