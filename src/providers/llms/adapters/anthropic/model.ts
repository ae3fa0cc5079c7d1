/** `provider: anthropic`: the official SDK against the Messages API. */
import { Anthropic } from '@anthropic-ai/sdk';
import type { LlmSettings } from '../../../../config/settings.js';
import { unwrapAnswerTool } from '../../answer-tool.js';
import type { LanguageModel } from '../../contract.js';
import { createProviderModel } from '../../create-provider-model.js';
import type { LanguageModelDependencies } from '../../dependencies.js';
import { decodeMessageStream } from './decode-stream.js';
import { encodeMessageRequest } from './encode-request.js';
import { readAnthropicFailure } from './errors.js';
import { readClaudeFamily } from './model-families.js';

const OFFICIAL_URL = 'https://api.anthropic.com';

export function createAnthropicModel(settings: LlmSettings, dependencies: LanguageModelDependencies): LanguageModel {
  const baseUrl = settings.baseUrl === '' ? OFFICIAL_URL : settings.baseUrl.replace(/\/v1$/, '');
  return createProviderModel<Anthropic.RawMessageStreamEvent>(
    {
      settings,
      baseUrl,
      ...(baseUrl === OFFICIAL_URL ? { wantsKey: 'ANTHROPIC_API_KEY' } : {}),
      supportsOutputSchema: () => readClaudeFamily(settings.model).takesOutputFormat || settings.thinking?.enabled !== true,
      readFailure: readAnthropicFailure,
      open: (request, fetch) => {
        const { body, betas } = encodeMessageRequest(request, settings);
        // `messages.create` would write warnings about older models to the console.
        return createClient(settings, baseUrl, fetch).post<AsyncIterable<Anthropic.RawMessageStreamEvent>>('/v1/messages', {
          body,
          stream: true,
          timeout: MAX_TIMER_MS,
          headers: betas.length === 0 ? {} : { 'anthropic-beta': betas.join(',') },
        });
      },
      decode: (events) => unwrapAnswerTool(decodeMessageStream(events)),
    },
    dependencies,
  );
}

/**
 * Everything is given, so that the SDK takes nothing from environment variables or files of its own. The version is
 * the one that still knows `temperature` (LLM-20), and the key goes where every service of that version looks for it.
 */
function createClient(settings: LlmSettings, baseURL: string, fetch: typeof globalThis.fetch): Anthropic {
  return new Anthropic({
    apiKey: settings.apiKey === '' ? 'none' : settings.apiKey,
    defaultHeaders: {
      authorization: null,
      'anthropic-version': '2023-06-01',
      ...(settings.apiKey === '' ? {} : { 'x-api-key': settings.apiKey }),
    },
    authToken: null,
    webhookKey: null,
    baseURL,
    maxRetries: 0,
    timeout: MAX_TIMER_MS,
    logLevel: 'off',
    openTelemetry: false,
    fetch,
  });
}

/** The longest that a timer of Node can be: the idle timeout bounds the wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;
