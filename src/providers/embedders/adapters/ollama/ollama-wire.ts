/** `provider: ollama`: the official SDK against a local or remote Ollama, many texts in one request (EMB-02, W-82). */
import { Ollama } from 'ollama/browser';
import { isJsonObject } from '../../../../base/json.js';
import { withBearer } from '../../../llms/with-bearer.js';
import type { EmbedderWire, WireFailure, WireSettings } from '../../embedder-wire.js';
import { DEFAULT_URLS } from '../../service-identity.js';

export function createOllamaWire(settings: WireSettings): EmbedderWire {
  const baseUrl = settings.baseUrl === '' ? DEFAULT_URLS.ollama : settings.baseUrl;
  const { model, truncate, askedDimension } = settings;
  return {
    baseUrl,
    readFailure,
    async send(texts, _purpose, fetch) {
      const answer: unknown = await new Ollama({ host: baseUrl, fetch: withBearer(fetch, settings.apiKey) }).embed({
        model,
        input: [...texts],
        // It cuts at the end only; what it refuses all the same is cut by the layers around.
        truncate: truncate === 'END',
        ...(askedDimension === undefined ? {} : { dimensions: askedDimension }),
      });
      const { embeddings, prompt_eval_count: tokens } = isJsonObject(answer) ? answer : {};
      return { vectors: embeddings, tokens: typeof tokens === 'number' ? tokens : undefined };
    },
  };
}

/** `{"error": "words"}`, without a code. */
function readFailure(status: number, body: unknown): WireFailure | undefined {
  const words = isJsonObject(body) ? body['error'] : undefined;
  if (typeof words !== 'string') return undefined;
  if (status === 400 && /exceeds .{0,200}context length|too long/i.test(words)) return { message: words, kind: 'text_too_long' };
  // It pulls no model by itself.
  return status === 404 ? { message: `${words} (ollama pull)`, kind: 'unusable' } : { message: words };
}
