/**
 * `provider: ollama`: the official SDK against a local or remote Ollama. Its `browser` entry: the other one reads a
 * file of this machine when the text of an image happens to be a path.
 */
import { type ChatResponse, Ollama } from 'ollama/browser';
import type { LlmSettings } from '../../../../config/settings.js';
import type { LanguageModel } from '../../contract.js';
import { createProviderModel } from '../../create-provider-model.js';
import type { LanguageModelDependencies } from '../../dependencies.js';
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
      open: (request, fetch) => createClient(settings, baseUrl, fetch).chat(encodeOllamaRequest(request, settings)),
      decode: decodeChatLines,
    },
    dependencies,
  );
}

/** It adds a key from the environment by itself for one address: the header is ours to decide. */
function createClient({ apiKey }: LlmSettings, host: string, fetch: typeof globalThis.fetch): Ollama {
  return new Ollama({
    host,
    fetch: (input, init) => {
      const headers = new Headers(init?.headers);
      if (apiKey === '') headers.delete('authorization');
      else headers.set('authorization', `Bearer ${apiKey}`);
      return fetch(input, { ...init, headers });
    },
  });
}
