import { AppError } from '../base/errors.js';
import type { ServerSettings } from '../config/settings.js';
import { type CorsPorts, withCors } from './cors.js';
import { errorShapeOf } from './error-response.js';
import { secured } from './secured.js';
import type { HttpRequest, PlainResponse, RefusalCode } from './server.js';

const RETRY_AFTER_MS = 1_000;

/**
 * What a server answers to a request that never becomes one.
 * @param cors default: pages are told nothing.
 */
export function refuseWith(
  limits: ServerSettings['limits'],
  cors?: CorsPorts,
): (code: RefusalCode, request: Pick<HttpRequest, 'method' | 'path' | 'headers'>) => PlainResponse {
  const messages: Record<RefusalCode, string> = {
    HTTP_BODY_TOO_LARGE: `the request body is larger than server.limits.max_body_bytes allows (${limits.maxBodyBytes} bytes)`,
    HTTP_TOO_MANY_BODIES: `the bodies of all requests that are arriving are larger than server.limits.max_pending_body_bytes allows (${limits.maxPendingBodyBytes} bytes); try again`,
    HTTP_HEADERS_TOO_LARGE: `the request headers are larger than server.limits.max_header_bytes allows (${limits.maxHeaderBytes} bytes)`,
    HTTP_REQUEST_TIMEOUT: `the request did not arrive within server.limits.request_timeout (${limits.requestTimeoutMs} ms)`,
    REQUEST_INVALID: 'the request is not valid HTTP/1.1',
  };
  return (code, request) => {
    const refusal = errorShapeOf(request)(
      new AppError(code, { message: messages[code], ...(code === 'HTTP_TOO_MANY_BODIES' ? { retryAfterMs: RETRY_AFTER_MS } : {}) }),
    );
    return secured(cors === undefined ? refusal : withCors(refusal, request, cors));
  };
}
