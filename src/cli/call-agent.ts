import { AppError } from '../base/errors.js';
import { isJsonObject, type JsonObject } from '../base/json.js';
import { bearer, WHERE_TOKENS_GO } from './token.js';

export interface RpcCall {
  readonly url: string;
  /** Who asks. Default: nobody. */
  readonly token?: string | undefined;
  readonly method: string;
  readonly params: JsonObject;
  /** Cursor to take a stream up again (R10); '' = none. */
  readonly lastEventId?: string;
  readonly signal: AbortSignal;
}

export type RpcResponse =
  | { readonly type: 'result'; readonly result: unknown }
  | { readonly type: 'stream'; readonly body: AsyncIterable<Uint8Array>; readonly read: (data: string) => unknown };

/**
 * One A2A call over JSON-RPC.
 * @throws AppError `CLI_SERVER_UNREACHABLE` when trying again may help, else `CLI_SERVER_REFUSED`; `details.rpcCode` is the protocol's code.
 */
export async function callAgent(call: RpcCall): Promise<RpcResponse> {
  let response: Response;
  try {
    response = await fetch(call.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream, application/json',
        'a2a-version': '1.0',
        ...bearer(call.token),
        ...(call.lastEventId === undefined || call.lastEventId === '' ? {} : { 'last-event-id': call.lastEventId }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: call.method, params: call.params }),
      signal: call.signal,
    });
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason;
    throw new AppError('CLI_SERVER_UNREACHABLE', {
      message: `no server answers at ${call.url}; start one with 'hector serve', or correct --url`,
      cause: rootCause(error),
      details: { refused: true },
    });
  }
  if (response.ok && response.headers.get('content-type')?.startsWith('text/event-stream') && response.body !== null) {
    return { type: 'stream', body: response.body, read: (data) => readResult(parse(data), response.status) };
  }
  const text = await response.text();
  if (response.status === 401)
    throw new AppError('CLI_SERVER_REFUSED', {
      message: `the server wants to know who asks; ${WHERE_TOKENS_GO}`,
      details: { status: 401 },
    });
  return { type: 'result', result: readResult(parse(text, response), response.status) };
}

function readResult(reply: unknown, status: number): unknown {
  if (isJsonObject(reply) && reply.result !== undefined) return reply.result;
  const error = isJsonObject(reply) ? reply.error : undefined;
  const message = isJsonObject(error) ? String(error.message ?? 'no message') : 'no result';
  const code = isJsonObject(error) && typeof error.code === 'number' ? error.code : undefined;
  const isTemporary = status === 503 || status === 429;
  throw new AppError(isTemporary ? 'CLI_SERVER_UNREACHABLE' : 'CLI_SERVER_REFUSED', {
    message: `the server answered: ${message}${code === undefined ? ` (HTTP ${status})` : ` (${code})`}`,
    details: { status, ...(code === undefined ? {} : { rpcCode: code }) },
  });
}

function parse(text: string, response?: Response): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const what =
      response === undefined
        ? 'an event that is not JSON'
        : `HTTP ${response.status} ${response.statusText} with something that is not JSON`;
    throw new AppError(response?.status === 503 || response?.status === 502 ? 'CLI_SERVER_UNREACHABLE' : 'CLI_SERVER_REFUSED', {
      message: `the server answered ${what}; is it an A2A server?`,
      cause: error,
    });
  }
}

/** What fetch wraps: `connect ECONNREFUSED …`. */
function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}
