/**
 * `provider: ollama`: the official SDK against a local or remote Ollama. Its `browser` entry: the other one reads a
 * file of this machine when the text of an image happens to be a path.
 */
import { type ChatResponse, Ollama } from 'ollama/browser';
import type { LlmSettings } from '../../../../config/settings.js';
import type { LanguageModel } from '../../contract.js';
import { createProviderModel } from '../../create-provider-model.js';
import type { LanguageModelDependencies } from '../../dependencies.js';
import { withBearer } from '../../with-bearer.js';
import { decodeChatLines } from './decode-stream.js';
import { encodeOllamaRequest } from './encode-request.js';
import { readOllamaFailure } from './errors.js';

const DEFAULT_URL = 'http://127.0.0.1:11434';

export function createOllamaModel(settings: LlmSettings, dependencies: LanguageModelDependencies): LanguageModel {
  const baseUrl = settings.baseUrl === '' ? DEFAULT_URL : settings.baseUrl;
  return createProviderModel<ChatResponse>(
    {
      settings,
      baseUrl,
      supportsOutputSchema: () => true,
      readFailure: readOllamaFailure,
      open: (request, fetch) =>
        new Ollama({ host: baseUrl, fetch: withBearer(fetch, settings.apiKey) }).chat(encodeOllamaRequest(request, settings)),
      decode: decodeChatLines,
    },
    dependencies,
  );
}
