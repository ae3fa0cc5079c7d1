import { restErrorBody } from '../a2a/rest.js';
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
  return jsonResponse(error.httpStatus, JSON.stringify(body), retryAfter(error));
}

/** The shape of errors at a path: below an agent it is the one of HTTP+JSON (E5), whoever refuses. */
export function errorShapeAt(path: string): (thrown: unknown, requestId?: string) => PlainResponse {
  return BELOW_AGENT.test(path) ? restErrorBody : errorResponse;
}

export function jsonResponse(status: number, body: string, headers: Readonly<Record<string, string>> = {}): PlainResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}

function retryAfter(error: AppError): Record<string, string> {
  return error.retryAfterMs === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))) };
}

const BELOW_AGENT = /^\/agents\/[^/]+\/+[^/]/;
