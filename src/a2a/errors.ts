/**
 * The wire side of every error: JSON-RPC code, `ErrorInfo` reason, HTTP and gRPC status (E2–E5).
 * Owns the mapping only; what an error means is in `base/errors.ts`. Domain code never names a wire code.
 */
import { findChallenge } from '../access/challenge.js';
import { describeLimit, limitHeaders, limitUsesOf } from '../access/rate-limit-error.js';
import { type AppError, ERRORS, type ErrorCode, type FieldProblem, toAppError } from '../base/errors.js';

export type GrpcStatusName =
  | 'INVALID_ARGUMENT'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'NOT_FOUND'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'RESOURCE_EXHAUSTED'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE';

/** E1: each detail says what it is. */
export type ErrorDetail =
  | {
      readonly '@type': 'type.googleapis.com/google.rpc.ErrorInfo';
      readonly reason: string;
      readonly domain: string;
      readonly metadata?: Readonly<Record<string, string>>;
    }
  | { readonly '@type': 'type.googleapis.com/google.rpc.BadRequest'; readonly fieldViolations: readonly FieldProblem[] }
  | { readonly '@type': 'type.googleapis.com/google.rpc.RetryInfo'; readonly retryDelay: string }
  | { readonly '@type': 'type.googleapis.com/google.rpc.QuotaFailure'; readonly violations: readonly QuotaViolation[] };

export interface QuotaViolation {
  /** Whom the limit is for. */
  readonly subject: string;
  readonly description: string;
}

export interface WireError {
  readonly jsonRpcCode: number;
  /** For REST, and for what is refused before a binding is reached. */
  readonly httpStatus: number;
  readonly grpcStatus: GrpcStatusName;
  readonly message: string;
  readonly details: readonly ErrorDetail[];
  /** Set when the same request may succeed later (E8). */
  readonly retryAfterSeconds: number | undefined;
  /** `WWW-Authenticate`, when credentials may help (E7). */
  readonly challenge: string | undefined;
  /** What is left of the caller's limits (SEC-10); empty where no limit was in the way. */
  readonly limits: Readonly<Record<string, string>>;
}

interface Row {
  readonly reason: string;
  readonly jsonRpcCode: number;
  readonly httpStatus: number;
  readonly grpcStatus: GrpcStatusName;
  /** Errors that A2A names carry its domain, ours carry our own (E3). */
  readonly domain: string;
}

const row =
  (domain: string) =>
  (reason: string, jsonRpcCode: number, httpStatus: number, grpcStatus: GrpcStatusName): Row => ({
    reason,
    jsonRpcCode,
    httpStatus,
    grpcStatus,
    domain,
  });
const a2a = row('a2a-protocol.org');
const hector = row('hector');

const ROWS: Partial<Record<ErrorCode, Row>> = {
  TASK_NOT_FOUND: a2a('TASK_NOT_FOUND', -32001, 404, 'NOT_FOUND'),
  TASK_NOT_CANCELABLE: a2a('TASK_NOT_CANCELABLE', -32002, 400, 'FAILED_PRECONDITION'),
  PUSH_NOT_SUPPORTED: a2a('PUSH_NOTIFICATION_NOT_SUPPORTED', -32003, 400, 'FAILED_PRECONDITION'),
  OPERATION_UNSUPPORTED: a2a('UNSUPPORTED_OPERATION', -32004, 400, 'FAILED_PRECONDITION'),
  CONTENT_TYPE_NOT_SUPPORTED: a2a('CONTENT_TYPE_NOT_SUPPORTED', -32005, 400, 'INVALID_ARGUMENT'),
  AGENT_RESPONSE_INVALID: a2a('INVALID_AGENT_RESPONSE', -32006, 500, 'INTERNAL'),
  EXTENDED_CARD_NOT_CONFIGURED: a2a('EXTENDED_AGENT_CARD_NOT_CONFIGURED', -32007, 400, 'FAILED_PRECONDITION'),
  EXTENSION_REQUIRED: a2a('EXTENSION_SUPPORT_REQUIRED', -32008, 400, 'FAILED_PRECONDITION'),
  VERSION_NOT_SUPPORTED: a2a('VERSION_NOT_SUPPORTED', -32009, 400, 'FAILED_PRECONDITION'),
  REQUEST_INVALID_JSON: hector('INVALID_JSON', -32700, 400, 'INVALID_ARGUMENT'),
  REQUEST_INVALID: hector('INVALID_REQUEST', -32600, 400, 'INVALID_ARGUMENT'),
  METHOD_NOT_FOUND: hector('METHOD_NOT_FOUND', -32601, 404, 'NOT_FOUND'),
  PARAMS_INVALID: hector('INVALID_PARAMS', -32602, 400, 'INVALID_ARGUMENT'),
  PUSH_TOO_MANY_CONFIGS: hector('TOO_MANY_PUSH_CONFIGS', -32602, 400, 'FAILED_PRECONDITION'),
  AGENT_NOT_FOUND: hector('AGENT_NOT_FOUND', -32602, 404, 'NOT_FOUND'),
  HTTP_NOT_FOUND: hector('NOT_FOUND', -32600, 404, 'NOT_FOUND'),
  HTTP_METHOD_NOT_ALLOWED: hector('METHOD_NOT_ALLOWED', -32600, 405, 'UNIMPLEMENTED'),
  HTTP_UNSUPPORTED_MEDIA_TYPE: hector('UNSUPPORTED_MEDIA_TYPE', -32600, 415, 'INVALID_ARGUMENT'),
  HTTP_BODY_TOO_LARGE: hector('BODY_TOO_LARGE', -32600, 413, 'INVALID_ARGUMENT'),
  HTTP_HEADERS_TOO_LARGE: hector('HEADERS_TOO_LARGE', -32600, 431, 'INVALID_ARGUMENT'),
  HTTP_REQUEST_TIMEOUT: hector('REQUEST_TIMEOUT', -32600, 408, 'UNAVAILABLE'),
  HTTP_TOO_MANY_STREAMS: hector('TOO_MANY_STREAMS', -32603, 429, 'RESOURCE_EXHAUSTED'),
  ACCESS_UNAUTHENTICATED: hector('UNAUTHENTICATED', -32600, 401, 'UNAUTHENTICATED'),
  ACCESS_TOKEN_INVALID: hector('TOKEN_INVALID', -32600, 401, 'UNAUTHENTICATED'),
  ACCESS_ROLE_MISSING: hector('ROLE_MISSING', -32600, 403, 'PERMISSION_DENIED'),
  ACCESS_RATE_LIMITED: hector('RATE_LIMIT_EXCEEDED', -32603, 429, 'RESOURCE_EXHAUSTED'),
  ACCESS_FORBIDDEN: hector('FORBIDDEN', -32600, 403, 'PERMISSION_DENIED'),
  CONTEXT_BUSY: hector('CONTEXT_BUSY', -32004, 409, 'ABORTED'),
  OVERLOADED: hector('OVERLOADED', -32603, 503, 'UNAVAILABLE'),
  HTTP_DRAINING: hector('DRAINING', -32603, 503, 'UNAVAILABLE'),
};

/** Stores that are out for a while; which one, and where, is for the log only. */
const UNAVAILABLE = hector('UNAVAILABLE', -32603, 503, 'UNAVAILABLE');
const INTERNAL = hector('INTERNAL', -32603, 500, 'INTERNAL');
const UNAVAILABLE_MESSAGE = 'A store that this server needs is unavailable, try again later';
const DEFAULT_RETRY_AFTER_MS = 1000;

export function toWireError(thrown: unknown): WireError {
  const error = toAppError(thrown);
  const mapped = ROWS[error.code];
  const isOurFault = mapped === undefined;
  const found = mapped ?? (error.httpStatus === 503 && error.disposition === 'retry' ? UNAVAILABLE : INTERNAL);
  // Words of an error without a row may name paths, hosts or model text: they stay inside.
  const message = !isOurFault ? error.message : found === UNAVAILABLE ? UNAVAILABLE_MESSAGE : ERRORS.INTERNAL.message;
  const retryAfterMs = found.httpStatus === 503 || found.httpStatus === 429 ? (error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS) : undefined;
  return {
    jsonRpcCode: found.jsonRpcCode,
    httpStatus: found.httpStatus,
    grpcStatus: found.grpcStatus,
    message,
    details: detailsOf(found, error, retryAfterMs),
    retryAfterSeconds: retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1000)),
    challenge: findChallenge(error),
    limits: limitHeaders(limitUsesOf(error)),
  };
}

/** True for errors whose cause belongs in the log rather than in the answer. */
export function isServerFault(error: WireError): boolean {
  return error.jsonRpcCode === -32603;
}

function detailsOf(found: Row, error: AppError, retryAfterMs: number | undefined): readonly ErrorDetail[] {
  const details: ErrorDetail[] = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: found.reason, domain: found.domain }];
  if (found !== INTERNAL && found !== UNAVAILABLE && error.problems.length > 0) {
    details.push({ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: error.problems });
  }
  const uses = limitUsesOf(error);
  if (uses.length > 0)
    details.push({
      '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
      violations: uses.map((use) => ({ subject: use.scope, description: `${use.used} of ${describeLimit(use)}` })),
    });
  if (retryAfterMs !== undefined)
    details.push({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterMs / 1000}s` });
  return details;
}

/** E5: `error` of a JSON-RPC response. */
export function toJsonRpcError(error: WireError): { code: number; message: string; data: readonly ErrorDetail[] } {
  return { code: error.jsonRpcCode, message: error.message, data: error.details };
}

/** E5: body of an HTTP error outside JSON-RPC, e.g. for an agent that does not exist. */
export function httpErrorBody(thrown: unknown): { status: number; headers: Record<string, string>; body: string } {
  const error = toWireError(thrown);
  const { httpStatus, grpcStatus, message, details } = error;
  return {
    status: httpStatus,
    headers: { 'content-type': 'application/json', ...errorHeaders(error) },
    body: JSON.stringify({ error: { code: httpStatus, status: grpcStatus, message, details } }),
  };
}

/** What an error tells beside its body, over HTTP. */
export function errorHeaders({ retryAfterSeconds, challenge, limits }: WireError): Record<string, string> {
  return {
    ...limits,
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
  };
}

/**
 * HTTP status of a JSON-RPC reply (J4): protocol errors are 200, as the caller reads the body; our own faults
 * are 500, what is out for a while 503, so that proxies and probes see them; missing rights are 401 and 403 (E7).
 */
export function jsonRpcHttpStatus(error: WireError): number {
  return isServerFault(error) || error.challenge !== undefined ? error.httpStatus : 200;
}
