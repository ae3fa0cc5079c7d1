/** The JSON-RPC binding: one endpoint per agent, one table of methods (J1–J4). */
import type { Principal } from '../access/principal.js';
import { assertJson } from '../base/assert-json.js';
import { AppError } from '../base/errors.js';
import type { Settings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import { withSpan } from '../observe/trace.js';
import { findTenant } from '../protocol/read-requests.js';
import type { BindingReply, BindingRequest } from './binding-reply.js';
import { httpErrorBody, jsonRpcHttpStatus, toJsonRpcError, toWireError } from './errors.js';
import { activeExtensions, extensionHeaders, RELIABLE_STREAM } from './extensions.js';
import { EnvelopeError, type JsonRpcCall, type JsonRpcId, readEnvelope } from './json-rpc-envelope.js';
import { logFailure } from './log-failure.js';
import type { OperationCall } from './operation-call.js';
import type { Operations } from './operations.js';
import { assertVersion } from './service-parameters.js';
import { SSE_HEADERS, toSseEvents } from './sse-events.js';
import type { FrameStream } from './task-stream.js';
import { findVisibleAgent } from './visible-agent.js';

export interface JsonRpcDependencies {
  readonly operations: Operations;
  readonly settings: () => Settings;
  readonly log: Logger;
}

export type JsonRpcHandler = (request: BindingRequest, principal: Principal) => Promise<BindingReply>;

type Method =
  | { readonly type: 'answer'; readonly run: (operations: Operations, params: unknown, call: OperationCall) => Promise<unknown> }
  | { readonly type: 'stream'; readonly run: (operations: Operations, params: unknown, call: OperationCall) => Promise<FrameStream> };

export function createJsonRpcHandler(dependencies: JsonRpcDependencies): JsonRpcHandler {
  const { settings, log } = dependencies;
  return async (request, principal) => {
    const agentSettings = findVisibleAgent(settings(), request.agent, principal);
    if (agentSettings === undefined)
      return plainRefusal(new AppError('AGENT_NOT_FOUND', { message: `Agent '${request.agent}' not found` }));
    try {
      assertJson(request.headers['content-type']);
    } catch (error) {
      return plainRefusal(error);
    }
    const extensions = activeExtensions(request.headers, agentSettings);
    const headers = extensionHeaders(extensions);
    let rpc: JsonRpcCall | undefined;
    try {
      rpc = readEnvelope(request.body);
      const { id, params } = rpc;
      assertVersion(request.headers, request.query, settings().server.a2a.assumeVersion);
      const method = getMethod(rpc.method);
      const { signal } = request;
      const call: OperationCall = {
        agent: request.agent,
        agentSettings,
        principal,
        tenant: findTenant(params),
        baseUrl: request.baseUrl,
        signal,
        extensions,
        lastEventId: request.headers['last-event-id'],
      };
      const attributes = { 'rpc.system': 'jsonrpc', 'rpc.method': rpc.method, 'hector.agent.name': request.agent };
      return await withSpan('hector.a2a.operation', attributes, async (): Promise<BindingReply> => {
        if (method.type === 'answer') {
          const result = await method.run(dependencies.operations, params, call);
          return {
            type: 'json',
            status: 200,
            headers: { ...headers, ...JSON_HEADERS },
            body: `${resultPrefix(id)}${JSON.stringify(result)}}`,
          };
        }
        const frames = await method.run(dependencies.operations, params, call);
        const events = toSseEvents(frames, {
          prefix: resultPrefix(id),
          suffix: '}',
          isReliable: extensions.has(RELIABLE_STREAM),
          errorBody: (error) => errorBody(id, error, log).body,
        });
        return { type: 'stream', headers: { ...headers, ...SSE_HEADERS }, events };
      });
    } catch (thrown) {
      const isEnvelope = thrown instanceof EnvelopeError;
      return errorReply(isEnvelope ? thrown.id : (rpc?.id ?? null), isEnvelope ? thrown.cause : thrown, headers, log);
    }
  };
}

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['SendMessage', { type: 'answer', run: (operations, params, call) => operations.sendMessage(params, call) }],
  ['SendStreamingMessage', { type: 'stream', run: (operations, params, call) => operations.sendStreamingMessage(params, call) }],
  ['GetTask', { type: 'answer', run: (operations, params, call) => operations.getTask(params, call) }],
  ['ListTasks', { type: 'answer', run: (operations, params, call) => operations.listTasks(params, call) }],
  ['CancelTask', { type: 'answer', run: (operations, params, call) => operations.cancelTask(params, call) }],
  ['SubscribeToTask', { type: 'stream', run: (operations, params, call) => operations.subscribeToTask(params, call) }],
  ['CreateTaskPushNotificationConfig', { type: 'answer', run: (operations, params, call) => operations.createPushConfig(params, call) }],
  ['GetTaskPushNotificationConfig', { type: 'answer', run: (operations, params, call) => operations.getPushConfig(params, call) }],
  ['ListTaskPushNotificationConfigs', { type: 'answer', run: (operations, params, call) => operations.listPushConfigs(params, call) }],
  ['DeleteTaskPushNotificationConfig', { type: 'answer', run: (operations, params, call) => operations.deletePushConfig(params, call) }],
  ['GetExtendedAgentCard', { type: 'answer', run: (operations, params, call) => operations.getExtendedAgentCard(params, call) }],
]);

function getMethod(name: string): Method {
  const method = METHODS.get(name);
  if (method !== undefined) return method;
  const hint = name.includes('/') ? '; names with a slash belong to version 0.3' : '';
  throw new AppError('METHOD_NOT_FOUND', { message: `Method not found: '${name.slice(0, 80)}'${hint}` });
}

function errorReply(id: JsonRpcId, thrown: unknown, headers: Readonly<Record<string, string>>, log: Logger): BindingReply {
  const { wire, body } = errorBody(id, thrown, log);
  const retry: Record<string, string> = wire.retryAfterSeconds === undefined ? {} : { 'retry-after': String(wire.retryAfterSeconds) };
  return { type: 'json', status: jsonRpcHttpStatus(wire), headers: { ...headers, ...JSON_HEADERS, ...retry }, body };
}

function errorBody(id: JsonRpcId, thrown: unknown, log: Logger): { wire: ReturnType<typeof toWireError>; body: string } {
  const wire = toWireError(thrown);
  logFailure(log, wire, thrown);
  return { wire, body: JSON.stringify({ jsonrpc: '2.0', id, error: toJsonRpcError(wire) }) };
}

/** For what is refused before there is a JSON-RPC call to answer. */
function plainRefusal(error: unknown): BindingReply {
  return { type: 'json', ...httpErrorBody(error) };
}

function resultPrefix(id: JsonRpcId): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`;
}

const JSON_HEADERS = { 'content-type': 'application/json' } as const;
