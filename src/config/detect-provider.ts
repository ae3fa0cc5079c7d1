import { isJsonObject } from '../base/json.js';
import type { Environment } from './environment.js';
import { findEnvironmentKey, KEY_VARIABLES } from './keys/llms.js';

/**
 * The provider of an LLM that names none; `undefined` = it cannot be told. What is written counts before what the
 * environment holds: the key (its variable or its form), `base_url` (OpenAI's protocol is what others speak too), the
 * name of the model; then the variables in the order of CLI-40, then the offline model.
 */
export function detectProvider(llm: unknown, environment: Environment): string | undefined {
  const { api_key: key, base_url: baseUrl, model } = isJsonObject(llm) ? llm : {};
  if (typeof key === 'string' && key !== '') return findByKey(key) ?? 'openai';
  if (typeof baseUrl === 'string' && baseUrl !== '') return 'openai';
  if (typeof model === 'string' && model !== '') {
    const named = MODELS.find(([pattern]) => pattern.test(model))?.[1];
    if (named !== undefined) return named;
  }
  const found = ['anthropic', 'openai', 'gemini'].find((provider) => findEnvironmentKey(provider, environment) !== undefined);
  return found ?? (model === undefined ? 'offline' : undefined);
}

function findByKey(key: string): string | undefined {
  const byVariable = Object.entries(KEY_VARIABLES).find(([, names]) => names.some((name) => key.includes(name)))?.[0];
  return byVariable ?? KEYS.find(([pattern]) => pattern.test(key))?.[1];
}

const KEYS: readonly (readonly [RegExp, string])[] = [
  [/^sk-ant-/, 'anthropic'],
  [/^AIza/, 'gemini'],
];

const MODELS: readonly (readonly [RegExp, string])[] = [
  [/^claude-/, 'anthropic'],
  [/^gemini-/, 'gemini'],
  [/^(gpt-|chatgpt-|o\d)/, 'openai'],
];
