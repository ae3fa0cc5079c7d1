/** `provider: openai`: the official SDK against OpenAI, or against anything that speaks its wire protocol (EMB-01). */
import { OpenAI } from 'openai';
import { isJsonObject } from '../../../../base/json.js';
import type { EmbedderWire, FailureKind, WireFailure, WireSettings } from '../../embedder-wire.js';
import { DEFAULT_URLS } from '../../service-identity.js';

export function createOpenAiWire(settings: WireSettings): EmbedderWire {
  const { model, user, encodingFormat, askedDimension } = settings;
  const baseUrl = settings.baseUrl === '' ? DEFAULT_URLS.openai : settings.baseUrl;
  return {
    baseUrl,
    ...(new URL(baseUrl).hostname === 'api.openai.com' ? { wantsKey: 'OPENAI_API_KEY' } : {}),
    readFailure,
    async send(texts, _purpose, fetch) {
      const answer: unknown = await createClient(settings, baseUrl, fetch).embeddings.create({
        model,
        input: [...texts],
        encoding_format: encodingFormat,
        ...(user === '' ? {} : { user }),
        ...(askedDimension === undefined ? {} : { dimensions: askedDimension }),
      });
      const { data, usage } = isJsonObject(answer) ? answer : {};
      const tokens = isJsonObject(usage) ? usage['total_tokens'] : undefined;
      return { vectors: inOrder(data), tokens: typeof tokens === 'number' ? tokens : undefined };
    },
  };
}

/** Each item says which text it is of. */
function inOrder(data: unknown): unknown {
  if (!Array.isArray(data)) return undefined;
  const vectors: unknown[] = [];
  for (const [place, item] of data.entries()) {
    const { index, embedding } = isJsonObject(item) ? item : {};
    vectors[typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < data.length ? index : place] = embedding;
  }
  return Array.from(vectors);
}

/** Everything is given, so that the SDK takes nothing from environment variables of its own. */
function createClient({ apiKey, timeoutMs }: WireSettings, baseURL: string, fetch: typeof globalThis.fetch): OpenAI {
  return new OpenAI({
    apiKey: apiKey === '' ? 'none' : apiKey,
    ...(apiKey === '' ? { defaultHeaders: { authorization: null } } : {}),
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL,
    maxRetries: 0,
    // Our own limit comes first.
    timeout: Math.min(timeoutMs + 10_000, MAX_TIMER_MS),
    logLevel: 'off',
    fetch,
  });
}

function readFailure(status: number, body: unknown): WireFailure | undefined {
  const error = isJsonObject(body) ? (body['error'] ?? body) : undefined;
  if (typeof error === 'string') return { message: error };
  if (!isJsonObject(error)) return undefined;
  const { code, type, message } = error;
  const words = typeof message === 'string' ? message : '';
  const kind = KINDS[String(code ?? type ?? '')] ?? (status === 400 && TOO_LONG.test(words) ? 'text_too_long' : undefined);
  return { message: words, ...(kind === undefined ? {} : { kind }) };
}

const KINDS: Readonly<Record<string, FailureKind>> = {
  invalid_api_key: 'unauthorized',
  insufficient_quota: 'quota',
  rate_limit_exceeded: 'rate',
  context_length_exceeded: 'text_too_long',
  max_tokens_per_request: 'request_too_large',
  model_not_found: 'unusable',
};

/** OpenAI and most servers that speak its protocol give no code for it. */
const TOO_LONG = /maximum (context|input) length|too many tokens|longer than the maximum|exceeds? .{0,200}(context|token)/i;

/** The longest that a timer of Node can be. */
const MAX_TIMER_MS = 2 ** 31 - 1;
