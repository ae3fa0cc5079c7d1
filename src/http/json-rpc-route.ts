import type { Principal } from '../access/principal.js';
import { type BindingPorts, toBindingRequest, toResponse } from './binding-reply-response.js';
import type { RouteContext } from './route-context.js';
import type { HttpResponse } from './server.js';

/** `POST /agents/{name}`: hands the request to the binding and writes out its reply. */
export async function answerJsonRpc(ports: BindingPorts, context: RouteContext, principal: Principal): Promise<HttpResponse> {
  return toResponse(ports, await ports.binding.handleJsonRpc(toBindingRequest(context), principal));
}
