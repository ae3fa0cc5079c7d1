/** Whatever went wrong with a request to a vector service → `VECTOR_STORE_*`, with a message that names the key to change. */
import { AppError, type ErrorCode } from '../../../base/errors.js';
import { isJsonObject } from '../../../base/json.js';
import type { VectorServiceSettings } from '../../../config/settings.js';
import { firstLine, innermostCause, parseBody, quoteService, reasonOf } from '../../llms/failure-text.js';
import { findHttpFailure } from '../../llms/http-fetch.js';
import { findRetryAfterMs } from '../../llms/retry-after.js';

export interface ServiceFailureContext {
  /** `vector_stores.<name>` */
  readonly key: string;
  readonly host: string;
  readonly settings: Pick<VectorServiceSettings, 'type' | 'apiKey'>;
  readonly collection: string | undefined;
  readonly nowMs: number;
}

/** A failure that a service tells with status 200. */
export class ToldFailure extends Error {
  /** The HTTP status that would have said the same. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function mapServiceFailure(error: unknown, context: ServiceFailureContext): AppError {
  if (error instanceof AppError) return error;
  const { key, host, settings, collection, nowMs } = context;
  const http = findHttpFailure(error);
  const status = error instanceof ToldFailure ? error.status : http?.status;
  if (status === undefined) return mapBroken(error, context);
  const said =
    quoteService(error instanceof ToldFailure ? error.message : whatIsSaid(http?.body ?? ''), settings.apiKey) || `status ${status}`;
  if (status === 404 && collection !== undefined)
    return new AppError('VECTOR_STORE_COLLECTION_MISSING', { message: `${host} has no collection '${collection}' (${key}): ${said}` });
  const code = codeOf(status);
  const retryAfterMs = status === 429 || status === 503 ? findRetryAfterMs(http?.headers, nowMs) : undefined;
  return new AppError(code, {
    message: describe(code, context, status, said),
    // Of 503 nothing but a proxy that lost its answer would say otherwise, and that says 502 or 504.
    details: { status, isRefused: status === 429 || status === 503 },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function mapBroken(error: unknown, { key, host, settings }: ServiceFailureContext): AppError {
  if (error instanceof SyntaxError || (error instanceof TypeError && error.cause === undefined))
    return new AppError('VECTOR_STORE_BAD_RESPONSE', {
      message: `${host} sent something that is not JSON of ${settings.type}; is ${key}.url right?`,
      cause: error,
    });
  const reason = innermostCause(error);
  const isRefused = reason instanceof Error && REFUSALS.has(String((reason as NodeJS.ErrnoException).code));
  return new AppError('VECTOR_STORE_UNAVAILABLE', {
    message: `The connection to ${host} failed (${key}.url): ${reasonOf(error)}`,
    details: { isRefused },
    cause: error,
  });
}

function describe(code: ErrorCode, { key, host, settings }: ServiceFailureContext, status: number, said: string): string {
  switch (code) {
    case 'VECTOR_STORE_UNAUTHORIZED':
      return settings.apiKey === ''
        ? `${host} wants a key; set ${key}.api_key: ${said}`
        : `${host} rejected the key, or what it may do; check ${key}.api_key: ${said}`;
    case 'VECTOR_STORE_RATE_LIMITED':
      return `${host} limits the rate of ${key}: ${said}`;
    case 'VECTOR_STORE_UNAVAILABLE':
      return `${host} failed with status ${status} (${key}): ${said}`;
    case 'VECTOR_STORE_TOO_LARGE':
      return `The request is too large for ${host} (${key}): ${said}`;
    case 'VECTOR_STORE_UNUSABLE':
      return `${host} answered ${status}; is ${key}.url the address of ${settings.type}? ${said}`;
    default:
      return `${host} rejected the request of ${key}: ${said}`;
  }
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'VECTOR_STORE_UNAUTHORIZED';
  if (status < 400 || status === 404 || status === 405) return 'VECTOR_STORE_UNUSABLE';
  if (status === 413) return 'VECTOR_STORE_TOO_LARGE';
  if (status === 429) return 'VECTOR_STORE_RATE_LIMITED';
  return status >= 500 || status === 408 || status === 425 ? 'VECTOR_STORE_UNAVAILABLE' : 'VECTOR_STORE_REJECTED';
}

/** The services put their words at different places. */
function whatIsSaid(body: string): string {
  const json = parseBody(body);
  if (!isJsonObject(json)) return firstLine(body);
  const { status, message, error, detail } = json;
  for (const candidate of [
    isJsonObject(status) ? status['error'] : undefined,
    message,
    error,
    isJsonObject(error) ? error['message'] : undefined,
    detail,
  ])
    if (typeof candidate === 'string' && candidate !== '') return candidate;
  if (Array.isArray(error)) return error.map((each: unknown) => (isJsonObject(each) ? String(each['message']) : '')).join('; ');
  return body.trim();
}

/** Nothing has reached the service. */
const REFUSALS = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);
