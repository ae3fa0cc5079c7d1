/** Whatever the SDK throws → `LLM_*`, with a message that names the key to change. */
import { APIError } from 'openai';
import type { Clock } from '../../../../base/clock.js';
import { AppError, type AppErrorOptions, type ErrorCode } from '../../../../base/errors.js';
import type { LlmSettings } from '../../../../config/settings.js';
import { findRetryAfterMs } from '../../retry-after.js';

export interface ErrorContext {
  /** Key in `llms`. */
  readonly name: string;
  readonly settings: LlmSettings;
  readonly host: string;
  readonly clock: Clock;
}

/** A failure that the provider reported inside a stream that had begun with status 200. */
export class StreamFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export function mapOpenAiError(error: unknown, context: ErrorContext): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof StreamFailure) return fromCode(error.code, error.message, undefined, context);
  if (error instanceof APIError && (error.status !== undefined || error.code !== undefined || error.error !== undefined)) {
    return fromCode(String(error.code ?? error.type ?? ''), readMessage(error), error, context);
  }
  if (error instanceof SyntaxError || (error instanceof TypeError && error.cause === undefined)) {
    return new AppError('LLM_BAD_RESPONSE', {
      message: `${context.host} sent something that is not JSON of this API; is llms.${context.name}.base_url an OpenAI-compatible API?`,
      cause: error,
    });
  }
  return new AppError('LLM_UNAVAILABLE', {
    message: `The connection to ${context.host} failed (llms.${context.name}.base_url): ${reasonOf(error)}`,
    cause: error,
  });
}

function fromCode(code: string, providerMessage: string, error: APIError | undefined, context: ErrorContext): AppError {
  const { name, settings, host, clock } = context;
  const key = `llms.${name}`;
  // Routers report the status of the model behind them as the code of an error inside the stream.
  const status = (error?.status as number | undefined) ?? (/^[45]\d\d$/.test(code) ? Number(code) : undefined);
  const said = redactKey(providerMessage, settings.apiKey);
  const make = (errorCode: ErrorCode, message: string, options: AppErrorOptions = {}) =>
    new AppError(errorCode, {
      message,
      details: { ...(status === undefined ? {} : { status }), ...(code === '' ? {} : { code }) },
      ...options,
    });
  // The body of a refused key may repeat it, so neither its text nor the SDK's error is kept.
  if (status === 401 || code === 'invalid_api_key') return make('LLM_UNAUTHORIZED', `${host} rejected the API key; check ${key}.api_key`);
  if (status === 403)
    return make('LLM_UNAUTHORIZED', `${host} refuses model '${settings.model}' to this key (${key}.api_key, ${key}.model): ${said}`);
  if (code === 'insufficient_quota') return make('LLM_REJECTED', `The account behind ${key}.api_key has no quota left at ${host}: ${said}`);
  if (status === 429 || code === 'rate_limit_exceeded') {
    const retryAfterMs = findRetryAfterMs(error?.headers, clock.now());
    return make('LLM_RATE_LIMITED', `${host} limits the rate of ${key}: ${said}`, retryAfterMs === undefined ? {} : { retryAfterMs });
  }
  if (code === 'context_length_exceeded' || status === 413) {
    return make('LLM_REJECTED', `The conversation is longer than the context of model '${settings.model}' (${key}.model): ${said}`);
  }
  if (code === 'model_not_found') return make('LLM_REJECTED', `${host} has no model '${settings.model}'; check ${key}.model`);
  if (status === 404)
    return make('LLM_REJECTED', `${host} answered 404; check ${key}.model ('${settings.model}') and ${key}.base_url: ${said}`);
  if (status === undefined ? code === 'server_error' || code === 'stream_ended' : status >= 500 || status === 408 || status === 409) {
    const retryAfterMs = status === 503 ? findRetryAfterMs(error?.headers, clock.now()) : undefined;
    return make(
      'LLM_UNAVAILABLE',
      `${host} failed${status === undefined ? '' : ` with status ${status}`} (${key}): ${said}`,
      retryAfterMs === undefined ? {} : { retryAfterMs },
    );
  }
  return make('LLM_REJECTED', `${host} rejected the request of ${key}: ${said}`);
}

/** The body's own message, without the status that the SDK puts before it. */
function readMessage(error: APIError): string {
  const body = error.error as { readonly message?: unknown } | undefined;
  return typeof body?.message === 'string' ? body.message : error.message;
}

function redactKey(text: string, apiKey: string): string {
  const clean = apiKey === '' ? text : text.replaceAll(apiKey, '[api key]');
  return clean.length <= MAX_MESSAGE_LENGTH ? clean : `${clean.slice(0, MAX_MESSAGE_LENGTH)}…`;
}

function reasonOf(error: unknown): string {
  let current = error;
  for (let depth = 0; depth < 4 && current instanceof Error && current.cause instanceof Error; depth++) current = current.cause;
  if (!(current instanceof Error)) return String(current);
  return current.message || ((current as NodeJS.ErrnoException).code ?? current.name);
}

const MAX_MESSAGE_LENGTH = 300;
