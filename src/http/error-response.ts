import { jsonRpcRefusal } from '../a2a/json-rpc.js';
import { restErrorBody } from '../a2a/rest.js';
import { findChallenge } from '../access/challenge.js';
import { type AppError, describeForClient, toAppError } from '../base/errors.js';
import type { PlainResponse } from './server.js';

/**
 * The one shape of an error that HTTP itself answers: `{"error":{"code","message",…}}`. Protocol errors have the binding's shape.
 * What went wrong inside stays inside: an unexpected error has the registry's bare message and the id under which it was logged.
 */
export function errorResponse(thrown: unknown, requestId?: string): PlainResponse {
  const error = toAppError(thrown);
  const body = {
    error: {
      code: error.code,
      message: describeForClient(error),
      ...(error.problems.length === 0 ? {} : { problems: error.problems }),
      ...(requestId === undefined ? {} : { requestId }),
    },
  };
  return jsonResponse(error.httpStatus, JSON.stringify(body), headersOf(error));
}

/** The shape of errors: at an agent it is the one of JSON-RPC, below it the one of HTTP+JSON (E5), whoever refuses. */
export function errorShapeOf({ method, path, body }: RefusedRequest): (thrown: unknown, requestId?: string) => PlainResponse {
  if (BELOW_AGENT.test(path)) return restErrorBody;
  return method === 'POST' && AT_AGENT.test(path) ? (thrown) => jsonRpcRefusal(thrown, body ?? NO_BODY) : errorResponse;
}

export interface RefusedRequest {
  readonly method: string;
  /** Without a host. */
  readonly path: string;
  /** As far as it is known. */
  readonly body?: Buffer;
}

export function jsonResponse(status: number, body: string, headers: Readonly<Record<string, string>> = {}): PlainResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}

function headersOf(error: AppError): Record<string, string> {
  const challenge = findChallenge(error);
  return {
    ...(error.retryAfterMs === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))) }),
    ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
  };
}

const NO_BODY = Buffer.alloc(0);
const AT_AGENT = /^\/agents\/[^/]+\/*$/;
const BELOW_AGENT = /^\/agents\/[^/]+\/+[^/]/;
