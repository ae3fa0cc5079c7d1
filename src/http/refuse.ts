import { AppError } from '../base/errors.js';
import type { ServerSettings } from '../config/settings.js';
import { withCors } from './cors.js';
import { errorShapeOf } from './error-response.js';
import type { PlainResponse, RefusalCode } from './server.js';

/** What a server answers to a request that never becomes one. */
export function refuseWith(
  limits: ServerSettings['limits'],
): (code: RefusalCode, request: { readonly method: string; readonly path: string }) => PlainResponse {
  const messages: Record<RefusalCode, string> = {
    HTTP_BODY_TOO_LARGE: `the request body is larger than server.limits.max_body_bytes allows (${limits.maxBodyBytes} bytes)`,
    HTTP_HEADERS_TOO_LARGE: `the request headers are larger than server.limits.max_header_bytes allows (${limits.maxHeaderBytes} bytes)`,
    HTTP_REQUEST_TIMEOUT: `the request did not arrive within server.limits.request_timeout (${limits.requestTimeoutMs} ms)`,
    REQUEST_INVALID: 'the request is not valid HTTP/1.1',
  };
  return (code, { method, path }) => withCors(errorShapeOf({ method, path })(new AppError(code, { message: messages[code] })));
}
