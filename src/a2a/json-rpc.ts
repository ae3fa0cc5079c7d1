/** The JSON-RPC binding: one endpoint per agent, one table of methods per protocol version (J1–J4, V5). */
import type { Principal } from '../access/principal.js';
import { limitHeaders } from '../access/rate-limit-error.js';
import { assertJson } from '../base/assert-json.js';
import { AppError } from '../base/errors.js';
import { jsonOf } from '../base/known-json.js';
import type { AgentSettings, Settings } from '../config/settings.js';
import { inSpan } from '../observe/trace.js';
import { findTenant } from '../protocol/read-requests.js';
import type { LimitUse } from '../tasks/admission.js';
import type { BindingReply, BindingRequest } from './binding-reply.js';
import { errorHeaders, httpErrorBody, jsonRpcHttpStatus, toJsonRpcError, toWireError, type WireError } from './errors.js';
import { RELIABLE_STREAM } from './extensions.js';
import { EnvelopeError, findEnvelopeId, type JsonRpcCall, type JsonRpcId, readEnvelope } from './json-rpc-envelope.js';
import { CURRENT_JSON_RPC, type JsonRpcDialect, type JsonRpcMethod } from './json-rpc-methods.js';
import { isLegacyVersion } from './legacy/legacy-dialect.js';
import { LEGACY_JSON_RPC } from './legacy/legacy-json-rpc.js';
import type { OperationCall } from './operation-call.js';
import type { Operations } from './operations.js';
import { readVersion } from './service-parameters.js';
import { SSE_HEADERS, toSseEvents } from './sse-events.js';
import { type FailureListeners, tellFailure } from './tell-failure.js';
import { getVisibleAgent } from './visible-agent.js';

export interface JsonRpcDependencies extends FailureListeners {
  readonly operations: Operations;
  readonly settings: () => Settings;
}

export type JsonRpcHandler = (request: BindingRequest, principal: Principal) => Promise<BindingReply>;

export function createJsonRpcHandler(dependencies: JsonRpcDependencies): JsonRpcHandler {
  const { settings } = dependencies;
  return async (request, principal) => {
    let agentSettings: AgentSettings;
    try {
      agentSettings = getVisibleAgent(settings(), request.agent, principal);
      assertJson(request.headers['content-type']);
    } catch (error) {
      return refusal(error, request.body);
    }
    let dialect = CURRENT_JSON_RPC;
    let rpc: JsonRpcCall | undefined;
    const fail = (id: JsonRpcId, thrown: unknown): ErrorBody => {
      const wire = toWireError(thrown);
      tellFailure(dependencies, wire, thrown, { principal, agent: request.agent });
      return { wire, body: JSON.stringify({ jsonrpc: '2.0', id, error: dialect.toError(wire) }) };
    };
    const activate = () => {
      const extensions = dialect.activeExtensions(request.headers, agentSettings);
      return { extensions, headers: dialect.extensionHeaders(extensions) };
    };
    try {
      rpc = readEnvelope(request.body);
      const { id, params } = rpc;
      const current = settings();
      dialect = findDialect(rpc.method, request, current);
      const { extensions, headers } = activate();
      dialect.assertVersion(request.headers, request.query, current);
      const method = getMethod(dialect, rpc.method);
      const uses: LimitUse[] = [];
      const call = new RpcCall(request, {
        agentSettings,
        principal,
        // 0.3 knows no tenants.
        tenant: dialect.wireVersion === '1.0' ? findTenant(params) : '',
        extensions,
        wireVersion: dialect.wireVersion,
        onLimits: (told) => uses.push(...told),
      });
      const attributes = { 'rpc.system': 'jsonrpc', 'rpc.method': rpc.method, 'hector.agent.name': request.agent };
      return await inSpan('hector.a2a.operation', attributes, async (): Promise<BindingReply> => {
        if (method.type === 'answer') {
          const result = await method.run(dependencies.operations, params, call);
          return {
            type: 'json',
            status: 200,
            headers: extensions.size === 0 && uses.length === 0 ? JSON_HEADERS : { ...headers, ...limitHeaders(uses), ...JSON_HEADERS },
            body: `${resultPrefix(id)}${jsonOf(result)}}`,
          };
        }
        const frames = await method.run(dependencies.operations, params, call);
        const describeFailure = (error: unknown) => fail(id, error).body;
        const events = toSseEvents(frames, {
          prefix: resultPrefix(id),
          suffix: '}',
          encode: method.encode(current),
          isReliable: extensions.has(RELIABLE_STREAM),
          errorBody: describeFailure,
        });
        return { type: 'stream', headers: { ...headers, ...limitHeaders(uses), ...SSE_HEADERS }, events, describeFailure };
      });
    } catch (thrown) {
      const isEnvelope = thrown instanceof EnvelopeError;
      const id = isEnvelope ? thrown.id : (rpc?.id ?? null);
      const { wire, body } = fail(id, isEnvelope ? thrown.cause : thrown);
      return {
        type: 'json',
        status: jsonRpcHttpStatus(wire),
        headers: { ...activate().headers, ...JSON_HEADERS, ...errorHeaders(wire) },
        body,
      };
    }
  };
}

/** What few operations want is asked of the request then. A class, as a getter in an object literal costs a shape for each object. */
class RpcCall implements OperationCall {
  readonly #request: BindingRequest;
  readonly agent: string;
  readonly agentSettings: AgentSettings;
  readonly principal: Principal;
  readonly tenant: string;
  readonly extensions: ReadonlySet<string>;
  readonly lastEventId: string | undefined;
  readonly wireVersion: string;
  readonly onLimits: (uses: readonly LimitUse[]) => void;

  constructor(request: BindingRequest, known: KnownOfCall) {
    this.#request = request;
    this.agent = request.agent;
    this.agentSettings = known.agentSettings;
    this.principal = known.principal;
    this.tenant = known.tenant;
    this.extensions = known.extensions;
    this.lastEventId = request.headers['last-event-id'];
    this.wireVersion = known.wireVersion;
    this.onLimits = known.onLimits;
  }

  get baseUrl(): string {
    return this.#request.baseUrl;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }
}

type KnownOfCall = Required<Pick<OperationCall, 'agentSettings' | 'principal' | 'tenant' | 'extensions' | 'wireVersion' | 'onLimits'>>;

/**
 * By the method's name first: the versions share none. A name that is in neither is answered as its caller speaks (V3), so that
 * callers of 0.3 are told in their own words.
 */
function findDialect(method: string, { headers, query }: BindingRequest, { server }: Settings): JsonRpcDialect {
  if (!server.a2a.legacy || CURRENT_JSON_RPC.methods.has(method)) return CURRENT_JSON_RPC;
  if (LEGACY_JSON_RPC.methods.has(method)) return LEGACY_JSON_RPC;
  return isLegacyVersion(readVersion(headers, query) || server.a2a.assumeVersion) ? LEGACY_JSON_RPC : CURRENT_JSON_RPC;
}

function getMethod({ methods, wireVersion }: JsonRpcDialect, name: string): JsonRpcMethod {
  const method = methods.get(name);
  if (method !== undefined) return method;
  const hint = wireVersion === '1.0' && name.includes('/') ? '; names with a slash belong to version 0.3' : '';
  throw new AppError('METHOD_NOT_FOUND', { message: `Method not found: '${name.slice(0, 80)}'${hint}` });
}

interface ErrorBody {
  readonly wire: WireError;
  readonly body: string;
}

function refusal(error: unknown, body: Buffer): BindingReply {
  return { type: 'json', ...jsonRpcRefusal(error, body) };
}

/**
 * E5: the answer to a failure at an agent's endpoint that no call has seen, with the status of HTTP; under the id of the call
 * where that can be read (J4).
 * @param body what has come of it.
 */
export function jsonRpcRefusal(thrown: unknown, body: Buffer): ReturnType<typeof httpErrorBody> {
  const { status, headers } = httpErrorBody(thrown);
  const error = toJsonRpcError(toWireError(thrown));
  return { status, headers, body: JSON.stringify({ jsonrpc: '2.0', id: findEnvelopeId(body), error }) };
}

function resultPrefix(id: JsonRpcId): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`;
}

const JSON_HEADERS = { 'content-type': 'application/json' } as const;
