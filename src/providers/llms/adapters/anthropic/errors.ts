/** Anthropic's failures: `{"type": "error", "error": {"type", "message"}}` as a body or as an event in a stream. */
import { APIError } from '@anthropic-ai/sdk';
import { isJsonObject } from '../../../../base/json.js';
import type { FailureContext, FailureKind, ProviderFailure } from '../../map-failure.js';

export const readAnthropicFailure: FailureContext['readFailure'] = ({ body, error }) => {
  if (error instanceof APIError) return readError(error.error);
  return readError(body);
};

function readError(body: unknown): ProviderFailure | undefined {
  const error = isJsonObject(body) ? body['error'] : undefined;
  if (!isJsonObject(error)) return undefined;
  const code = String(error['type'] ?? '');
  const kind = KINDS[code];
  return { code, message: String(error['message'] ?? ''), ...(kind === undefined ? {} : { kind }) };
}

const KINDS: Readonly<Record<string, FailureKind>> = {
  authentication_error: 'unauthorized',
  permission_error: 'forbidden',
  billing_error: 'quota',
  not_found_error: 'no_model',
  request_too_large: 'too_long',
  rate_limit_error: 'rate',
  timeout_error: 'unavailable',
  api_error: 'unavailable',
  overloaded_error: 'unavailable',
};
