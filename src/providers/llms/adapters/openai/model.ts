/** `provider: openai`: the official SDK against OpenAI, or against anything that speaks its wire protocol (LLM-13). */
import { OpenAI } from 'openai';
import { throwIfAborted } from '../../../../base/abort.js';
import { AppError } from '../../../../base/errors.js';
import type { LlmSettings } from '../../../../config/settings.js';
import type { LanguageModel, ModelEvent, ModelRequest } from '../../contract.js';
import type { LanguageModelDependencies } from '../../dependencies.js';
import { withIdleTimeout } from '../../idle-timeout.js';
import { retryBeforeFirstEvent } from '../../retry.js';
import { decodeChatStream } from './chat/decode-stream.js';
import { encodeChatRequest } from './chat/encode-request.js';
import { type ErrorContext, mapOpenAiError } from './errors.js';
import { decodeResponseStream } from './responses/decode-stream.js';
import { encodeResponseRequest } from './responses/encode-request.js';

const OFFICIAL_URL = 'https://api.openai.com/v1';

export function createOpenAiModel(settings: LlmSettings, { name, log, clock }: LanguageModelDependencies): LanguageModel {
  const isOfficial = isOfficialUrl(settings.baseUrl, name);
  const api = settings.api === 'auto' ? (isOfficial ? 'responses' : 'chat') : settings.api;
  const client = createClient(settings);
  const errorContext: ErrorContext = { name, settings, host: new URL(client.baseURL).host, clock };

  async function* call(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent, void, undefined> {
    const idle = {
      idleTimeoutMs: settings.idleTimeoutMs,
      clock,
      signal,
      message: `${errorContext.host} sent nothing for ${settings.idleTimeoutMs} ms (llms.${name}.idle_timeout_ms)`,
    };
    try {
      if (api === 'responses') {
        const body = encodeResponseRequest(request, settings);
        yield* decodeResponseStream(withIdleTimeout((inner) => client.responses.create(body, { signal: inner }), idle));
      } else {
        const body = encodeChatRequest(request, settings, isOfficial);
        yield* decodeChatStream(withIdleTimeout((inner) => client.chat.completions.create(body, { signal: inner }), idle));
      }
    } catch (error) {
      throw mapOpenAiError(error, errorContext);
    }
  }

  return {
    provider: 'openai',
    model: settings.model,
    async *generate(request, signal) {
      throwIfAborted(signal);
      if (settings.apiKey === '' && isOfficial) {
        throw new AppError('LLM_UNAUTHORIZED', {
          message: `llms.${name}.api_key is empty; OpenAI wants a key (set it to \${OPENAI_API_KEY} and define that variable)`,
        });
      }
      yield* retryBeforeFirstEvent(() => call(request, signal), { maxRetries: settings.maxRetries, clock, log }, signal);
    },
  };
}

/** Everything is given, so that the SDK takes nothing from environment variables of its own. */
function createClient(settings: LlmSettings): OpenAI {
  return new OpenAI({
    apiKey: settings.apiKey === '' ? 'none' : settings.apiKey,
    ...(settings.apiKey === '' ? { defaultHeaders: { authorization: null } } : {}),
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: settings.baseUrl === '' ? OFFICIAL_URL : settings.baseUrl,
    maxRetries: 0,
    // The idle timeout bounds the wait for headers too; the SDK's own limit must only never be shorter.
    timeout: settings.idleTimeoutMs + 60_000,
    logLevel: 'off',
  });
}

function isOfficialUrl(baseUrl: string, name: string): boolean {
  if (baseUrl === '') return true;
  if (!URL.canParse(baseUrl)) throw new AppError('CONFIG_INVALID', { message: `llms.${name}.base_url: '${baseUrl}' is not a URL` });
  return new URL(baseUrl).hostname === 'api.openai.com';
}
