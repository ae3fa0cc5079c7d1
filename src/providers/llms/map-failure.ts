/** Whatever went wrong with a model call → `LLM_*`, with a message that names the key to change. */
import type { Clock } from '../../base/clock.js';
import { AppError, type AppErrorOptions, type ErrorCode } from '../../base/errors.js';
import type { LlmSettings } from '../../config/settings.js';
import { firstLine, parseBody, quoteService, reasonOf } from './failure-text.js';
import { findHttpFailure } from './http-fetch.js';
import { findRetryAfterMs } from './retry-after.js';

export interface FailureContext {
  /** Key in `llms`. */
  readonly name: string;
  readonly settings: LlmSettings;
  readonly host: string;
  readonly clock: Clock;
  /** Reads a failure of the adapter's own wire. `undefined` = it says nothing of itself. */
  readonly readFailure: (failure: {
    readonly status?: number;
    readonly body?: unknown;
    readonly error?: unknown;
  }) => ProviderFailure | undefined;
}

/** A failure in the provider's words. */
export interface ProviderFailure {
  /** The provider's own name for it; '' = none. */
  readonly code: string;
  readonly message: string;
  /** What the code means where the status does not tell. */
  readonly kind?: FailureKind;
  /** Of a failure inside a stream that began well. */
  readonly status?: number;
  /** Where the body tells how long to wait. */
  readonly retryAfterMs?: number;
}

export type FailureKind =
  | 'unauthorized'
  | 'forbidden'
  | 'quota'
  | 'rate'
  | 'too_long'
  | 'no_model'
  | 'unavailable'
  | 'bad_response'
  | 'rejected';

/** A failure that a decoder found in a stream that had begun with status 200. */
export class StreamFailure extends Error {
  readonly failure: ProviderFailure;

  constructor(failure: ProviderFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

export function streamEnded(): StreamFailure {
  return new StreamFailure({ code: 'stream_ended', kind: 'unavailable', message: 'the stream ended before the answer was complete' });
}

export function mapFailure(error: unknown, context: FailureContext): AppError {
  if (error instanceof AppError) return error;
  const http = findHttpFailure(error);
  if (http !== undefined) {
    const { status, headers, body } = http;
    const failure = context.readFailure({ status, body: parseBody(body) }) ?? { code: '', message: firstLine(body) || `status ${status}` };
    return toAppError({ status, ...failure }, headers, context);
  }
  const failure = error instanceof StreamFailure ? error.failure : context.readFailure({ error });
  if (failure !== undefined) return toAppError(failure, undefined, context);
  const { host, name } = context;
  if (error instanceof SyntaxError || (error instanceof TypeError && error.cause === undefined)) {
    return new AppError('LLM_BAD_RESPONSE', {
      message: `${host} sent something that is not JSON of this API; is llms.${name}.base_url right for provider '${context.settings.provider}'?`,
      cause: error,
    });
  }
  return new AppError('LLM_UNAVAILABLE', {
    message: `The connection to ${host} failed (llms.${name}.base_url): ${reasonOf(error)}`,
    cause: error,
  });
}

function toAppError(failure: ProviderFailure, headers: Pick<Headers, 'get'> | undefined, context: FailureContext): AppError {
  const { name, settings, host, clock } = context;
  const { status, code } = failure;
  const kind = failure.kind ?? kindOf(status);
  const key = `llms.${name}`;
  const said = quoteService(failure.message, settings.apiKey);
  const make = (errorCode: ErrorCode, message: string, options: AppErrorOptions = {}) =>
    new AppError(errorCode, {
      message,
      details: { kind, ...(status === undefined ? {} : { status }), ...(code === '' ? {} : { code }) },
      ...options,
    });
  const retryAfterMs = failure.retryAfterMs ?? findRetryAfterMs(headers, clock.now());
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  switch (kind) {
    // The body of a refused key may repeat it, so neither its text nor the SDK's error is kept.
    case 'unauthorized':
      return make('LLM_UNAUTHORIZED', `${host} rejected the API key; check ${key}.api_key`);
    case 'forbidden':
      return make('LLM_UNAUTHORIZED', `${host} refuses model '${settings.model}' to this key (${key}.api_key, ${key}.model): ${said}`);
    case 'quota':
      return make('LLM_REJECTED', `The account behind ${key}.api_key has no quota left at ${host}: ${said}`);
    case 'rate':
      return make('LLM_RATE_LIMITED', `${host} limits the rate of ${key}: ${said}`, wait);
    case 'too_long':
      return make('LLM_REJECTED', `The conversation is longer than the context of model '${settings.model}' (${key}.model): ${said}`);
    case 'no_model':
      return make('LLM_REJECTED', `${host} has no model '${settings.model}'; check ${key}.model`);
    case 'unavailable': {
      const saysWhen = status === 503 || status === 529 || failure.retryAfterMs !== undefined;
      const words = `${host} failed${status === undefined ? '' : ` with status ${status}`} (${key}): ${said}`;
      return make('LLM_UNAVAILABLE', words, saysWhen ? wait : {});
    }
    case 'bad_response':
      return make('LLM_BAD_RESPONSE', `${host} answered ${key} with something that cannot be used: ${said}`);
    case 'rejected':
      return status === 404
        ? make('LLM_REJECTED', `${host} answered 404; check ${key}.model ('${settings.model}') and ${key}.base_url: ${said}`)
        : make('LLM_REJECTED', `${host} rejected the request of ${key}: ${said}`);
  }
}

function kindOf(status: number | undefined): FailureKind {
  if (status === undefined) return 'rejected';
  if (status === 401) return 'unauthorized';
  if (status === 402) return 'quota';
  if (status === 403) return 'forbidden';
  if (status === 413) return 'too_long';
  if (status === 429) return 'rate';
  return status >= 500 || status === 408 || status === 409 ? 'unavailable' : 'rejected';
}
