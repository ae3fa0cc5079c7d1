/** Google's failures: `{"error": {"code", "message", "status", "details"}}`, as a body or, by the SDK, as text in a message. */
import { ApiError } from '@google/genai';
import { isJsonObject, type JsonObject } from '../../../../base/json.js';
import type { FailureContext, FailureKind, ProviderFailure } from '../../map-failure.js';
import { parseDurationMs } from '../../retry-after.js';

export const readGeminiFailure: FailureContext['readFailure'] = ({ body, error }) => {
  if (error instanceof ApiError) return readError(parseTail(error.message)) ?? { code: '', message: error.message, status: error.status };
  return readError(Array.isArray(body) ? body[0] : body);
};

function readError(body: unknown): ProviderFailure | undefined {
  const error = isJsonObject(body) ? body['error'] : undefined;
  if (!isJsonObject(error)) return undefined;
  const details = (Array.isArray(error['details']) ? error['details'] : []).filter(isJsonObject);
  const reason = details.map((detail) => detail['reason']).find((value) => typeof value === 'string');
  const status = String(error['status'] ?? '');
  const kind = KINDS[String(reason)] ?? KINDS[status];
  const retryAfterMs = findRetryDelay(details);
  return {
    code: typeof reason === 'string' ? reason : status,
    message: String(error['message'] ?? ''),
    ...(kind === undefined ? {} : { kind }),
    ...(typeof error['code'] === 'number' ? { status: error['code'] } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** `google.rpc.RetryInfo`: the wait stands in the body, not in a header. */
function findRetryDelay(details: readonly JsonObject[]): number | undefined {
  const info = details.find((detail) => String(detail['@type']).endsWith('google.rpc.RetryInfo'));
  return typeof info?.['retryDelay'] === 'string' ? parseDurationMs(info['retryDelay']) : undefined;
}

/** The SDK puts words before the body. */
function parseTail(message: string): unknown {
  try {
    return JSON.parse(message.slice(message.indexOf('{')));
  } catch {
    // Another form; the status is still there.
    return undefined;
  }
}

const KINDS: Readonly<Record<string, FailureKind>> = {
  API_KEY_INVALID: 'unauthorized',
  API_KEY_EXPIRED: 'unauthorized',
  UNAUTHENTICATED: 'unauthorized',
  PERMISSION_DENIED: 'forbidden',
  NOT_FOUND: 'no_model',
  RESOURCE_EXHAUSTED: 'rate',
  UNAVAILABLE: 'unavailable',
  INTERNAL: 'unavailable',
  DEADLINE_EXCEEDED: 'unavailable',
};
