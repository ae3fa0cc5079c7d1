/** One JSON-RPC message as MCP sends it: a request, or a notification, which has no id. */
import { isJsonObject, type JsonObject } from '../../base/json.js';
import type { BindingRequest } from '../binding-reply.js';
import type { JsonRpcId } from '../json-rpc-envelope.js';

export interface McpMessage {
  /** `undefined`: a notification, or an answer to a question that nobody asked. */
  readonly id: string | number | undefined;
  readonly method: string;
  readonly params: JsonObject;
}

/** What a message is refused with. */
export class RpcError extends Error {
  readonly code: number;
  readonly id: JsonRpcId | undefined;
  readonly httpStatus: number;

  constructor(code: number, message: string, id?: JsonRpcId, httpStatus = 200) {
    super(message);
    this.name = 'RpcError';
    this.code = code;
    this.id = id;
    this.httpStatus = httpStatus;
  }
}

/** @throws RpcError */
export function readMcpMessage({ body, headers }: Pick<BindingRequest, 'body' | 'headers'>): McpMessage {
  const version = headers['mcp-protocol-version'];
  if (version !== undefined && !/^20\d\d-\d\d-\d\d$/.test(version))
    throw new RpcError(-32_600, `MCP-Protocol-Version '${version.slice(0, 40)}' is none`, null, 400);
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new RpcError(-32_700, 'Parse error: the body is no JSON', null, 400);
  }
  if (Array.isArray(value)) throw new RpcError(-32_600, 'batches are not supported; send one message per request', null, 400);
  if (!isJsonObject(value) || value['jsonrpc'] !== '2.0') throw new RpcError(-32_600, 'the body must be a JSON-RPC 2.0 message', null, 400);
  const { id, method = '', params = {} } = value;
  if (id !== undefined && typeof id !== 'string' && typeof id !== 'number')
    throw new RpcError(-32_600, 'id must be a string or a number', null, 400);
  if (typeof method !== 'string' || !isJsonObject(params))
    throw new RpcError(-32_600, 'method must be a string, params an object', id, 400);
  // An answer to us: we ask nothing.
  return method === '' ? { id: undefined, method: 'response', params: {} } : { id, method, params };
}
