/** `provider: openai`: the official SDK against OpenAI, or against anything that speaks its wire protocol (LLM-13). */
import { OpenAI } from 'openai';
import { AppError } from '../../../../base/errors.js';
import type { LlmSettings } from '../../../../config/settings.js';
import type { LanguageModel, ModelRequest } from '../../contract.js';
import { createProviderModel } from '../../create-provider-model.js';
import type { LanguageModelDependencies } from '../../dependencies.js';
import { decodeChatStream } from './chat/decode-stream.js';
import { encodeChatRequest } from './chat/encode-request.js';
import { findRefusedParameter, readOpenAiFailure } from './errors.js';
import { isReasoningModel } from './model-families.js';
import { decodeResponseStream } from './responses/decode-stream.js';
import { encodeResponseRequest } from './responses/encode-request.js';
import type { OpenAiTarget } from './target.js';

const OFFICIAL_URL = 'https://api.openai.com/v1';

export function createOpenAiModel(settings: LlmSettings, dependencies: LanguageModelDependencies): LanguageModel {
  const isOfficial = isOfficialUrl(settings.baseUrl, dependencies.name);
  const api = settings.api === 'auto' ? (isOfficial ? 'responses' : 'chat') : settings.api;
  const refused = new Set<string>();
  const isReasoning = isReasoningModel(settings.model) || settings.thinking?.enabled === true;
  const target: OpenAiTarget = { settings, isOfficial, isReasoning, refused };

  const shared = {
    settings,
    baseUrl: settings.baseUrl === '' ? OFFICIAL_URL : settings.baseUrl,
    ...(isOfficial ? { wantsKey: 'OPENAI_API_KEY' } : {}),
    supportsOutputSchema: () => !refused.has('output'),
    readFailure: readOpenAiFailure,
  };
  /** Each setting is refused once at most, so this ends. */
  const send = async <R>(request: ModelRequest, create: (request: ModelRequest) => Promise<R>): Promise<R> => {
    for (;;) {
      try {
        return await create(request);
      } catch (error) {
        const parameter = findRefusedParameter(error);
        if (parameter === undefined || refused.has(parameter)) throw error;
        refused.add(parameter);
        dependencies.log.info({ llm: dependencies.name, parameter }, 'the model does not know a setting, asking without it');
      }
    }
  };
  if (api === 'responses') {
    return createProviderModel(
      {
        ...shared,
        open: (request, fetch) =>
          send(request, () => createClient(settings, fetch).responses.create(encodeResponseRequest(request, target))),
        decode: decodeResponseStream,
      },
      dependencies,
    );
  }
  return createProviderModel(
    {
      ...shared,
      open: (request, fetch) =>
        send(request, () => createClient(settings, fetch).chat.completions.create(encodeChatRequest(request, target))),
      decode: decodeChatStream,
    },
    dependencies,
  );
}

/** Everything is given, so that the SDK takes nothing from environment variables of its own. */
function createClient(settings: LlmSettings, fetch: typeof globalThis.fetch): OpenAI {
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
    timeout: MAX_TIMER_MS,
    logLevel: 'off',
    fetch,
  });
}

function isOfficialUrl(baseUrl: string, name: string): boolean {
  if (baseUrl === '') return true;
  if (!URL.canParse(baseUrl)) throw new AppError('CONFIG_INVALID', { message: `llms.${name}.base_url: '${baseUrl}' is not a URL` });
  return new URL(baseUrl).hostname === 'api.openai.com';
}

/** The longest that a timer of Node can be. */
const MAX_TIMER_MS = 2 ** 31 - 1;
