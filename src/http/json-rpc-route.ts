import type { Principal } from '../access/principal.js';
import { type BindingPorts, EVENT_STREAM, toBindingRequest, toResponse } from './binding-reply-response.js';
import type { RouteContext } from './route-context.js';
import type { HttpResponse } from './server.js';

/** `POST /agents/{name}`: hands the request to the binding and writes out its reply. */
export async function answerJsonRpc(ports: BindingPorts, context: RouteContext, principal: Principal): Promise<HttpResponse> {
  // Before the binding accepts the message: a refused caller must not leave a task behind.
  if ((context.request.headers.accept ?? '').includes(EVENT_STREAM)) ports.quota.check(principal.subject);
  return toResponse(ports, await ports.binding.handleJsonRpc(toBindingRequest(context), principal), principal);
}
