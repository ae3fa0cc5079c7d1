import type { Environment } from './environment.js';
import { EMBEDDER_KEYS, findEmbedderKey } from './keys/embedders.js';
import type { EmbedderProvider } from './settings.js';

/**
 * The provider of an embedder that names none. What is written counts first: the name of the model, the variable of the key, `base_url`
 * (OpenAI's protocol is what others speak too); then what the agents' model leads to, in the order of CLI-42. The offline model leads to the
 * built-in embedder: nothing leaves the machine that was not told to.
 */
export function detectEmbedder(
  { api_key: key, base_url: baseUrl, model }: Readonly<Record<string, unknown>>,
  llmProvider: unknown,
  environment: Environment,
): EmbedderProvider {
  if (typeof model === 'string') {
    const named = MODELS.find(([pattern]) => pattern.test(model))?.[1];
    if (named !== undefined) return named;
  }
  if (typeof key === 'string' && key !== '') {
    const named = Object.entries(EMBEDDER_KEYS).find(([, variable]) => key.includes(variable))?.[0];
    return (named as EmbedderProvider | undefined) ?? 'openai';
  }
  if (typeof baseUrl === 'string' && baseUrl !== '') return 'openai';
  if (llmProvider === 'openai' || llmProvider === 'ollama') return llmProvider;
  if (llmProvider !== 'anthropic' && llmProvider !== 'gemini') return 'local';
  return PAID.find((provider) => findEmbedderKey(provider, environment) !== undefined) ?? 'ollama';
}

const PAID = ['openai', 'cohere'] as const;

const MODELS: readonly (readonly [RegExp, EmbedderProvider])[] = [
  [/^text-embedding-/, 'openai'],
  [/^embed-/, 'cohere'],
  [/^(nomic-embed|mxbai-embed|all-minilm|snowflake-arctic-embed|bge-|embeddinggemma)/, 'ollama'],
  [/^hashed-ngrams/, 'local'],
];
