/** The HTTP+JSON binding: every operation has a path (A13), errors have HTTP statuses (E5). */
import type { Principal } from '../access/principal.js';
import { assertJson } from '../base/assert-json.js';
import { AppError } from '../base/errors.js';
import type { Settings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import { withSpan } from '../observe/trace.js';
import { findTenant } from '../protocol/read-requests.js';
import type { BindingReply } from './binding-reply.js';
import { httpErrorBody, toWireError } from './errors.js';
import { activeExtensions, extensionHeaders, RELIABLE_STREAM } from './extensions.js';
import { logFailure } from './log-failure.js';
import type { OperationCall } from './operation-call.js';
import type { Operations } from './operations.js';
import { type RestCall, readRestParams } from './rest-params.js';
import { assertVersion } from './service-parameters.js';
import { SSE_HEADERS, toSseEvents } from './sse-events.js';
import { findVisibleAgent } from './visible-agent.js';

export interface RestDependencies {
  readonly operations: Operations;
  readonly settings: () => Settings;
  readonly log: Logger;
}

export type RestHandler = (call: RestCall, principal: Principal) => Promise<BindingReply>;

export function createRestHandler({ operations, settings, log }: RestDependencies): RestHandler {
  return async (rest, principal) => {
    const { route, request } = rest;
    const { agent } = request;
    const agentSettings = findVisibleAgent(settings(), agent, principal);
    const extensions = activeExtensions(request.headers, agentSettings);
    const headers = extensionHeaders(extensions);
    try {
      if (agentSettings === undefined) throw new AppError('AGENT_NOT_FOUND', { message: `Agent '${agent}' not found` });
      if (route.method === 'POST') assertJson(request.headers['content-type']);
      assertVersion(request.headers, request.query, settings().server.a2a.assumeVersion);
      const params = readRestParams(rest);
      const { signal } = request;
      const call: OperationCall = {
        agent,
        agentSettings,
        tenant: findTenant(params),
        principal,
        baseUrl: request.baseUrl,
        signal,
        extensions,
        lastEventId: request.headers['last-event-id'],
      };
      const attributes = { 'rpc.system': 'http', 'rpc.method': route.operation, 'hector.agent.name': agent };
      return await withSpan('hector.a2a.operation', attributes, async (): Promise<BindingReply> => {
        if (route.type === 'answer') {
          // An operation without a result, such as a deletion, answers an empty message (RE6).
          const result = (await route.run(operations, params, call)) ?? {};
          return {
            type: 'json',
            status: 200,
            headers: { ...headers, ...REST_JSON_HEADERS, ...route.headers },
            body: JSON.stringify(result),
          };
        }
        const frames = await route.run(operations, params, call);
        const describeFailure = (error: unknown) => failure(error, log).body;
        const isReliable = extensions.has(RELIABLE_STREAM);
        const events = toSseEvents(frames, { prefix: '', suffix: '', isReliable, errorBody: describeFailure });
        return { type: 'stream', headers: { ...headers, ...SSE_HEADERS }, events, describeFailure };
      });
    } catch (thrown) {
      const { status, headers: own, body } = failure(thrown, log);
      return { type: 'json', status, headers: { ...own, ...headers }, body };
    }
  };
}

function failure(thrown: unknown, log: Logger): ReturnType<typeof httpErrorBody> {
  logFailure(log, toWireError(thrown), thrown);
  return restErrorBody(thrown);
}

/** E5: the answer to a failure below an agent's path, also to one that no operation has seen. */
export function restErrorBody(thrown: unknown): ReturnType<typeof httpErrorBody> {
  const { headers, ...error } = httpErrorBody(thrown);
  return { ...error, headers: { ...headers, ...REST_JSON_HEADERS } };
}

/** RE2 */
const REST_JSON_HEADERS = { 'content-type': 'application/a2a+json' } as const;
