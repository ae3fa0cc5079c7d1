/**
 * `provider: cohere`: its v2 API for embeddings (EMB-03). One path, so asked without the SDK, which brings streams and forms of its own and takes
 * no `fetch`-wide time limits or headers from us.
 */
import { isJsonObject } from '../../../../base/json.js';
import type { EmbedPurpose } from '../../contract.js';
import type { EmbedderWire, WireFailure, WireSettings } from '../../embedder-wire.js';
import { DEFAULT_URLS } from '../../service-identity.js';

export function createCohereWire(settings: WireSettings): EmbedderWire {
  const baseUrl = settings.baseUrl === '' ? DEFAULT_URLS.cohere : settings.baseUrl;
  const { apiKey, model, truncate, inputType, askedDimension } = settings;
  // Some configurations name the version too.
  const url = `${baseUrl.replace(/\/v[12]$/, '')}/v2/embed`;
  return {
    baseUrl,
    ...(/\.cohere\.(com|ai)$/.test(new URL(baseUrl).hostname) ? { wantsKey: 'COHERE_API_KEY' } : {}),
    readFailure,
    async send(texts, purpose, fetch) {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          'x-client-name': 'hector',
          ...(apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` }),
        },
        body: JSON.stringify({
          model,
          texts,
          input_type: inputType === 'auto' ? INPUT_TYPES[purpose] : inputType,
          embedding_types: ['float'],
          truncate,
          ...(askedDimension === undefined ? {} : { output_dimension: askedDimension }),
        }),
      });
      const answer: unknown = await response.json();
      const { embeddings, meta } = isJsonObject(answer) ? answer : {};
      const billed = isJsonObject(meta) ? meta['billed_units'] : undefined;
      const tokens = isJsonObject(billed) ? billed['input_tokens'] : undefined;
      return {
        vectors: isJsonObject(embeddings) ? embeddings['float'] : undefined,
        tokens: typeof tokens === 'number' ? tokens : undefined,
      };
    },
  };
}

/** W-82: a query embedded as a document finds the wrong things. */
const INPUT_TYPES: Readonly<Record<EmbedPurpose, string>> = { document: 'search_document', query: 'search_query' };

/** `{"message": "words"}`, without a code. */
function readFailure(status: number, body: unknown): WireFailure | undefined {
  const words = isJsonObject(body) ? body['message'] : undefined;
  if (typeof words !== 'string') return undefined;
  if (status === 400 && /too many tokens|too long|exceeds? .{0,200}tokens/i.test(words)) return { message: words, kind: 'text_too_long' };
  if (status === 400 && /total .{0,200}(tokens|size)|too many (texts|inputs)/i.test(words))
    return { message: words, kind: 'request_too_large' };
  // A month's worth is used up: waiting does not help.
  if (status === 429 && /month/i.test(words)) return { message: words, kind: 'quota' };
  return { message: words };
}
