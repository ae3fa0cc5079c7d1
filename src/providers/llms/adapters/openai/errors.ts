/** OpenAI's failures, from a body, from an event in a stream, or from the SDK. */
import { APIError } from 'openai';
import { isJsonObject } from '../../../../base/json.js';
import { findHttpFailure, type HttpFailure } from '../../http-fetch.js';
import { type FailureContext, type FailureKind, type ProviderFailure, StreamFailure } from '../../map-failure.js';

export const readOpenAiFailure: FailureContext['readFailure'] = ({ body, error }) => {
  if (error instanceof APIError)
    return error.error === undefined && error.code === undefined ? undefined : readError(error.error, error.message);
  const inner = isJsonObject(body) ? (body['error'] ?? body) : undefined;
  return inner === undefined ? undefined : readError(inner, '');
};

export function openAiStreamFailure(code: string, message: string): StreamFailure {
  return new StreamFailure(readError({ code, message }, ''));
}

/** The setting that the model does not know, so that the request can go without it (W-61). */
export function findRefusedParameter(error: unknown): string | undefined {
  const failure = findHttpFailure(error);
  if (failure?.status !== 400) return undefined;
  const parameter = readParameter(failure);
  return parameter === undefined ? undefined : Object.keys(PARAMETERS).find((name) => PARAMETERS[name]?.test(parameter));
}

function readError(value: unknown, otherwise: string): ProviderFailure {
  if (typeof value === 'string') return { code: '', message: value };
  const { code: ownCode, type, message } = isJsonObject(value) ? value : {};
  const code = String(ownCode ?? type ?? '');
  const kind = KINDS[code];
  return {
    code,
    message: typeof message === 'string' ? message : otherwise,
    ...(kind === undefined ? {} : { kind }),
    // Routers report the status of the model behind them as the code of an error inside the stream.
    ...(/^[45]\d\d$/.test(code) ? { status: Number(code) } : {}),
  };
}

function readParameter({ body }: HttpFailure): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    const error = isJsonObject(value) ? value['error'] : undefined;
    const parameter = isJsonObject(error) ? error['param'] : undefined;
    return typeof parameter === 'string' ? parameter : undefined;
  } catch {
    // Not OpenAI's error form: nothing is known about parameters.
    return undefined;
  }
}

const KINDS: Readonly<Record<string, FailureKind>> = {
  invalid_api_key: 'unauthorized',
  insufficient_quota: 'quota',
  rate_limit_exceeded: 'rate',
  context_length_exceeded: 'too_long',
  model_not_found: 'no_model',
  server_error: 'unavailable',
  server_is_overloaded: 'unavailable',
};

/** What a request can go without, by the names that errors give it. */
const PARAMETERS: Readonly<Record<string, RegExp>> = {
  temperature: /^temperature$/,
  max_tokens: /^max_tokens$/,
  reasoning: /^reasoning(_effort|\.|$)/,
  include: /^include(\[|\.|$)/,
  output: /^(response_format|text\.format)(\.|$)/,
  stream_options: /^stream_options(\.|$)/,
};
