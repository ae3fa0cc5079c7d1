/**
 * Agents as tools of an MCP server (W-160), over streamable HTTP and the same operations as every other binding.
 *
 * Nothing of a session is kept: its id is a word that tells the requests of one client from those of another, and a call's place is in the
 * ids of its events. So any front answers any request. What is known here only is which calls run on this front, to find the one that
 * a cancellation means; another front finds it by the context that a call without one is given.
 */
import type { Principal } from '../../access/principal.js';
import { assertJson } from '../../base/assert-json.js';
import { newId } from '../../base/ids.js';
import { isJsonObject, type JsonObject } from '../../base/json.js';
import { readVersion } from '../../base/version.js';
import { withSpan } from '../../observe/trace.js';
import type { BindingReply, BindingRequest, ServerSentEvent } from '../binding-reply.js';
import { detachableStream } from '../detachable-stream.js';
import { httpErrorBody, toWireError } from '../errors.js';
import type { JsonRpcId } from '../json-rpc-envelope.js';
import { tellFailure } from '../tell-failure.js';
import { getVisibleAgent } from '../visible-agent.js';
import { describeAgentTool } from './agent-tool.js';
import { type CallScope, findAgent, type McpDependencies, visibleAgents } from './call-scope.js';
import { parseEventId } from './event-id.js';
import { formatResult } from './follow-call.js';
import { type McpMessage, RpcError, readMcpMessage } from './read-message.js';
import { cancelCall, type Place, resumeCall, startCall } from './run-call.js';
import { toErrorResult } from './to-call-result.js';

export interface McpHandler {
  /** A POST; `request.agent` '' = all agents. Never throws. */
  handle(request: BindingRequest, principal: Principal): Promise<BindingReply>;
  /** A GET: goes on with the stream of a call behind `Last-Event-ID`. Never throws. */
  resume(request: BindingRequest, principal: Principal): Promise<BindingReply>;
}

export function createMcpHandler(dependencies: McpDependencies): McpHandler {
  const { settings } = dependencies;
  const running: CallScope['running'] = new Map();
  return {
    async handle(request, principal) {
      let id: JsonRpcId = null;
      try {
        if (request.agent !== '') getVisibleAgent(settings(), request.agent, principal);
        assertJson(request.headers['content-type']);
        const message = readMcpMessage(request);
        id = message.id ?? null;
        return await withSpan('hector.a2a.operation', { 'rpc.system': 'mcp', 'rpc.method': message.method }, () =>
          answer(message, { ...dependencies, running, request, principal }),
        );
      } catch (thrown) {
        if (thrown instanceof RpcError)
          return json(thrown.httpStatus, { jsonrpc: '2.0', id: thrown.id ?? id, error: { code: thrown.code, message: thrown.message } });
        const wire = toWireError(thrown);
        tellFailure(dependencies, wire, thrown, { principal, agent: request.agent });
        return refusal(thrown);
      }
    },

    async resume(request, principal) {
      const place = parseEventId(request.headers['last-event-id'] ?? '');
      const scope: CallScope = { ...dependencies, running, request, principal };
      const agent = place === undefined ? undefined : findAgent(scope, place.agent);
      // There is no stream but those of calls.
      if (place === undefined || agent === undefined)
        return json(
          405,
          {
            jsonrpc: '2.0',
            id: null,
            error: { code: -32_000, message: 'there is no stream here but those of calls; send Last-Event-ID of one' },
          },
          { allow: 'POST' },
        );
      return streamReply(scope, place, (signal) => resumeCall(scope, place, agent, signal));
    },
  };
}

async function answer(message: McpMessage, scope: CallScope): Promise<BindingReply> {
  const { id, method, params } = message;
  const { request, settings } = scope;
  if (id === undefined) {
    if (method === 'notifications/cancelled') await cancelCall(params, scope);
    return { type: 'json', status: 202, headers: {}, body: '' };
  }
  switch (method) {
    case 'initialize': {
      const { name } = settings();
      const result = {
        protocolVersion: chooseVersion(params['protocolVersion']),
        capabilities: { tools: {} },
        serverInfo: { name, title: name, version: readVersion() },
        instructions:
          'Each tool is an agent that answers a request in words. A result that waits for input names its task: answer by calling the tool again with that taskId.',
      };
      return json(200, { jsonrpc: '2.0', id, result }, { 'mcp-session-id': newId() });
    }
    case 'ping':
      return json(200, { jsonrpc: '2.0', id, result: {} });
    case 'tools/list': {
      const tools = visibleAgents(scope).map(([key, agent]) => describeAgentTool(key, agent));
      return json(200, { jsonrpc: '2.0', id, result: { tools } });
    }
    case 'tools/call': {
      const { name, arguments: args = {}, _meta: meta } = params;
      const agent = typeof name === 'string' ? findAgent(scope, name) : undefined;
      if (agent === undefined) throw new RpcError(-32_602, `Unknown tool: ${String(name).slice(0, 100)}`, id);
      if (!isJsonObject(args)) throw new RpcError(-32_602, 'arguments must be an object', id);
      const token = isJsonObject(meta) ? meta['progressToken'] : undefined;
      const progressToken = typeof token === 'string' || typeof token === 'number' ? token : undefined;
      const place = { agent: name as string, requestId: id, progressToken };
      const accepts = (request.headers['accept'] ?? '').includes('text/event-stream');
      const run = (signal: AbortSignal) => startCall(scope, place, agent, args, signal);
      return accepts ? streamReply(scope, place, run) : await wholeReply(scope, place, run);
    }
    default:
      throw new RpcError(-32_601, `Method not found: ${method.slice(0, 100)}`, id);
  }
}

type Run = (signal: AbortSignal) => AsyncGenerator<ServerSentEvent, void>;

/** The client's departure detaches, as the protocol has it: only `notifications/cancelled` cancels (R6). */
function streamReply(scope: CallScope, place: Place, run: Run): BindingReply {
  return {
    type: 'stream',
    headers: STREAM_HEADERS,
    events: detachableStream(scope.request.signal, (signal) => failing(scope, place, run(signal))),
    describeFailure: (error) => formatResult(place.requestId, toErrorResult(toWireError(error).message)),
  };
}

async function wholeReply(scope: CallScope, place: Place, run: Run): Promise<BindingReply> {
  let last = '';
  for await (const { data } of failing(scope, place, run(scope.request.signal))) last = data;
  return { type: 'json', status: 200, headers: JSON_HEADERS, body: last };
}

/** A failure of the operation is a result that the model reads. */
async function* failing(
  scope: CallScope,
  { agent, requestId }: Place,
  events: AsyncGenerator<ServerSentEvent, void>,
): AsyncGenerator<ServerSentEvent, void> {
  try {
    yield* events;
  } catch (thrown) {
    const wire = toWireError(thrown);
    tellFailure(scope, wire, thrown, { principal: scope.principal, agent });
    yield { data: formatResult(requestId, toErrorResult(wire.message)) };
  }
}

function chooseVersion(wanted: unknown): string {
  return typeof wanted === 'string' && MCP_VERSIONS.includes(wanted) ? wanted : (MCP_VERSIONS[0] as string);
}

function json(status: number, body: JsonObject, headers: Readonly<Record<string, string>> = {}): BindingReply {
  return { type: 'json', status, headers: { ...JSON_HEADERS, ...headers }, body: JSON.stringify(body) };
}

function refusal(error: unknown): BindingReply {
  return { type: 'json', ...httpErrorBody(error) };
}

const JSON_HEADERS = { 'content-type': 'application/json' } as const;
const STREAM_HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' } as const;
/** Newest first. */
const MCP_VERSIONS: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];
