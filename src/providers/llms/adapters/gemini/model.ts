/** `provider: gemini`: the official SDK against the Gemini API. */
import { type GenerateContentResponse, GoogleGenAI } from '@google/genai';
import type { LlmSettings } from '../../../../config/settings.js';
import { unwrapAnswerTool } from '../../answer-tool.js';
import type { LanguageModel } from '../../contract.js';
import { createProviderModel } from '../../create-provider-model.js';
import type { LanguageModelDependencies } from '../../dependencies.js';
import { decodeContentStream } from './decode-stream.js';
import { encodeContentRequest } from './encode-request.js';
import { readGeminiFailure } from './errors.js';

const OFFICIAL_URL = 'https://generativelanguage.googleapis.com';

export function createGeminiModel(settings: LlmSettings, dependencies: LanguageModelDependencies): LanguageModel {
  const [, address = '', version = 'v1beta'] = /^(.*?)(?:\/(v\d\w*))?$/.exec(settings.baseUrl) ?? [];
  const baseUrl = address === '' ? OFFICIAL_URL : address;
  return createProviderModel<GenerateContentResponse>(
    {
      settings,
      baseUrl,
      ...(baseUrl === OFFICIAL_URL ? { wantsKey: 'GEMINI_API_KEY' } : {}),
      supportsOutputSchema: () => true,
      readFailure: readGeminiFailure,
      open: (request, fetch) =>
        createClient(settings, baseUrl, version, fetch).models.generateContentStream(encodeContentRequest(request, settings)),
      decode: (chunks) => unwrapAnswerTool(decodeContentStream(chunks, settings.model)),
    },
    dependencies,
  );
}

/** Everything is given, so that the SDK takes nothing from environment variables of its own. */
function createClient(settings: LlmSettings, baseUrl: string, apiVersion: string, fetch: typeof globalThis.fetch): GoogleGenAI {
  const hasKey = settings.apiKey !== '';
  const withoutKey: typeof globalThis.fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    headers.delete('x-goog-api-key');
    return fetch(input, { ...init, headers });
  };
  return new GoogleGenAI({
    enterprise: false,
    apiKey: hasKey ? settings.apiKey : 'none',
    apiVersion,
    httpOptions: { baseUrl, fetch: hasKey ? fetch : withoutKey },
  });
}
