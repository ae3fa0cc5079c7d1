/** The HTTP+JSON binding: every operation has a path (A13), errors have HTTP statuses (E5). */
import type { Principal } from '../access/principal.js';
import { limitHeaders } from '../access/rate-limit-error.js';
import { assertJson } from '../base/assert-json.js';
import type { Settings } from '../config/settings.js';
import { withSpan } from '../observe/trace.js';
import { findTenant } from '../protocol/read-requests.js';
import type { LimitUse } from '../tasks/admission.js';
import type { BindingReply } from './binding-reply.js';
import { CURRENT_DIALECT, type Dialect } from './dialect.js';
import { httpErrorBody, toWireError } from './errors.js';
import { RELIABLE_STREAM } from './extensions.js';
import type { OperationCall } from './operation-call.js';
import type { Operations } from './operations.js';
import { type RestCall, readRestParams } from './rest-params.js';
import { SSE_HEADERS, toSseEvents } from './sse-events.js';
import { type FailureListeners, tellFailure } from './tell-failure.js';
import { findDefaultAgent, findVisibleAgent, getVisibleAgent } from './visible-agent.js';

export interface RestDialect extends Dialect {
  /** Of an answer, be it an error or not. */
  readonly contentType: string;
  readonly toErrorBody: (thrown: unknown) => ReturnType<typeof httpErrorBody>;
}

export interface RestDependencies extends FailureListeners {
  /** Default: that of 1.0. */
  readonly dialect?: RestDialect;
  readonly operations: Operations;
  readonly settings: () => Settings;
}

export type RestHandler = (call: RestCall, principal: Principal) => Promise<BindingReply>;

export function createRestHandler({ operations, settings, dialect = CURRENT_REST, ...listeners }: RestDependencies): RestHandler {
  return async (rest, principal) => {
    const { route, request } = rest;
    const current = settings();
    const agent = request.agent === '' ? (findDefaultAgent(current)?.[0] ?? '') : request.agent;
    const fail = (thrown: unknown) => {
      tellFailure(listeners, toWireError(thrown), thrown, { principal, agent });
      return dialect.toErrorBody(thrown);
    };
    const extensions = dialect.activeExtensions(request.headers, findVisibleAgent(current, agent, principal));
    const headers = dialect.extensionHeaders(extensions);
    const contentType = { 'content-type': dialect.contentType };
    try {
      const agentSettings = getVisibleAgent(current, agent, principal);
      if (route.method === 'POST') assertJson(request.headers['content-type']);
      dialect.assertVersion(request.headers, request.query, current);
      const params = readRestParams(rest);
      const { signal } = request;
      const uses: LimitUse[] = [];
      const call: OperationCall = {
        agent,
        agentSettings,
        // 0.3 knows no tenants.
        tenant: dialect.wireVersion === '1.0' ? findTenant(params) : '',
        principal,
        baseUrl: request.baseUrl,
        signal,
        extensions,
        lastEventId: request.headers['last-event-id'],
        wireVersion: dialect.wireVersion,
        onLimits: (told) => uses.push(...told),
      };
      const attributes = { 'rpc.system': 'http', 'rpc.method': route.operation, 'hector.agent.name': agent };
      return await withSpan('hector.a2a.operation', attributes, async (): Promise<BindingReply> => {
        if (route.type === 'answer') {
          // An operation without a result, such as a deletion, answers an empty message (RE6).
          const result = (await route.run(operations, params, call)) ?? {};
          return {
            type: 'json',
            status: 200,
            headers: { ...headers, ...limitHeaders(uses), ...contentType, ...route.headers },
            body: JSON.stringify(result),
          };
        }
        const frames = await route.run(operations, params, call);
        const describeFailure = (error: unknown) => fail(error).body;
        const isReliable = extensions.has(RELIABLE_STREAM);
        const encode = route.encode(current);
        const events = toSseEvents(frames, { prefix: '', suffix: '', encode, isReliable, errorBody: describeFailure });
        return { type: 'stream', headers: { ...headers, ...limitHeaders(uses), ...SSE_HEADERS }, events, describeFailure };
      });
    } catch (thrown) {
      const { status, headers: own, body } = fail(thrown);
      return { type: 'json', status, headers: { ...own, ...headers }, body };
    }
  };
}

/** E5: the answer to a failure below an agent's path, also to one that no operation has seen. */
export function restErrorBody(thrown: unknown): ReturnType<typeof httpErrorBody> {
  const { headers, ...error } = httpErrorBody(thrown);
  return { ...error, headers: { ...headers, 'content-type': CONTENT_TYPE } };
}

/** RE2 */
const CONTENT_TYPE = 'application/a2a+json';

const CURRENT_REST: RestDialect = { ...CURRENT_DIALECT, contentType: CONTENT_TYPE, toErrorBody: restErrorBody };
