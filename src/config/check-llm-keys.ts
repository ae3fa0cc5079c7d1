import { isJsonObject } from '../base/json.js';
import type { Environment } from './environment.js';
import { valueAt } from './path.js';
import type { Finding } from './problem.js';

/** OpenAI itself wants a key; a compatible service behind `base_url` may not. */
export function checkLlmKeys(document: unknown, environment: Environment): Finding[] {
  const llms = valueAt(document, ['llms']);
  if (!isJsonObject(llms)) return [];
  return Object.entries(llms)
    .filter(
      ([, llm]) =>
        isJsonObject(llm) && llm.provider === 'openai' && llm.base_url === '' && (llm.api_key ?? environment.OPENAI_API_KEY ?? '') === '',
    )
    .map(([name]) => ({
      path: ['llms', name, 'api_key'],
      description: 'missing; write api_key: ${OPENAI_API_KEY} and set that variable, or give the base_url of a service that needs no key',
    }));
}
