/** Whatever went wrong with a request to an embedder → `EMBEDDER_*`, with a message that names the key to change. */
import { AppError, type ErrorCode } from '../../base/errors.js';
import type { EmbedderSettings } from '../../config/settings.js';
import { firstLine, parseBody, quoteService, reasonOf } from '../llms/failure-text.js';
import { findHttpFailure } from '../llms/http-fetch.js';
import { findRetryAfterMs } from '../llms/retry-after.js';
import type { EmbedderWire, FailureKind } from './embedder-wire.js';

export interface FailureContext {
  /** `embedders.<name>` */
  readonly key: string;
  readonly host: string;
  readonly settings: EmbedderSettings;
  readonly readFailure: EmbedderWire['readFailure'];
  readonly nowMs: number;
}

export function mapFailure(error: unknown, context: FailureContext): AppError {
  if (error instanceof AppError) return error;
  const { key, host, settings } = context;
  const http = findHttpFailure(error);
  if (http === undefined) {
    if (error instanceof SyntaxError || (error instanceof TypeError && error.cause === undefined)) {
      return new AppError('EMBEDDER_BAD_RESPONSE', {
        message: `${host} sent something that is not JSON of this API; is ${key}.base_url right for provider '${settings.provider}'?`,
        cause: error,
      });
    }
    return new AppError('EMBEDDER_UNAVAILABLE', {
      message: `The connection to ${host} failed (${key}.base_url): ${reasonOf(error)}`,
      cause: error,
    });
  }
  const { status, headers, body } = http;
  const failure = context.readFailure(status, parseBody(body)) ?? { message: '' };
  const kind = failure.kind ?? kindOf(status);
  const said = quoteService(failure.message || firstLine(body) || `status ${status}`, settings.apiKey);
  // The headers of a bucket tell when it is full again, which says nothing about a failure and too much about a refusal.
  const saysWhen = ['retry-after', 'retry-after-ms'].some((header) => headers.get(header) !== null);
  const retryAfterMs = saysWhen && (kind === 'rate' || kind === 'unavailable') ? findRetryAfterMs(headers, context.nowMs) : undefined;
  // The SDK's error is not kept as a cause: it may repeat the key.
  return new AppError(CODES[kind], {
    message: describe(kind, { ...context, status, said }),
    details: { status, kind },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function describe(
  kind: FailureKind,
  { key, host, settings: { model }, status, said }: FailureContext & { readonly status: number; readonly said: string },
): string {
  switch (kind) {
    case 'unauthorized':
      return `${host} rejected the API key; check ${key}.api_key`;
    case 'forbidden':
      return `${host} refuses model '${model}' to this key (${key}.api_key, ${key}.model): ${said}`;
    case 'quota':
      return `The account behind ${key}.api_key has no quota left at ${host}: ${said}`;
    case 'rate':
      return `${host} limits the rate of ${key}: ${said}`;
    case 'text_too_long':
      return `A text is too long for model '${model}' (${key}.model); make chunks smaller (chunking.size) or have it cut (${key}.truncate): ${said}`;
    case 'request_too_large':
      return `The request is too large for ${host} (${key}.batch_size): ${said}`;
    case 'unusable':
      return `${host} answered ${status}; check ${key}.model ('${model}') and ${key}.base_url: ${said}`;
    case 'unavailable':
      return `${host} failed with status ${status} (${key}): ${said}`;
    case 'rejected':
      return `${host} rejected the request of ${key}: ${said}`;
  }
}

const CODES: Readonly<Record<FailureKind, ErrorCode>> = {
  unauthorized: 'EMBEDDER_UNAUTHORIZED',
  forbidden: 'EMBEDDER_UNAUTHORIZED',
  quota: 'EMBEDDER_UNUSABLE',
  rate: 'EMBEDDER_RATE_LIMITED',
  text_too_long: 'EMBEDDER_TOO_LARGE',
  request_too_large: 'EMBEDDER_TOO_LARGE',
  unusable: 'EMBEDDER_UNUSABLE',
  unavailable: 'EMBEDDER_UNAVAILABLE',
  rejected: 'EMBEDDER_REJECTED',
};

function kindOf(status: number): FailureKind {
  if (status === 401) return 'unauthorized';
  if (status === 402) return 'quota';
  if (status === 403) return 'forbidden';
  if (status < 400 || status === 404 || status === 405) return 'unusable';
  if (status === 413) return 'request_too_large';
  if (status === 429) return 'rate';
  return status >= 500 || status === 408 || status === 409 || status === 425 ? 'unavailable' : 'rejected';
}
