/** Settings of `web_search` → engine. The only importer of the engines' adapters. */
import type { WebLimits } from '../../config/settings.js';
import { createSearxngEngine } from './adapters/searxng.js';
import { createTavilyEngine } from './adapters/tavily.js';
import type { AskService, EngineChoice } from './contract.js';

export type EngineSettings = Pick<WebLimits, 'engine' | 'apiKey' | 'baseUrl'>;

export function chooseWebSearchEngine({ engine, apiKey, baseUrl }: EngineSettings, keyPath: string, ask: AskService): EngineChoice {
  switch (engine) {
    case 'tavily':
      if (apiKey === '' && baseUrl === '') return { type: 'missing', cure: `set TAVILY_API_KEY or ${keyPath}.api_key to a key of Tavily` };
      return { type: 'engine', engine: createTavilyEngine({ apiKey, baseUrl, ask }) };
    case 'searxng':
      if (baseUrl === '') return { type: 'missing', cure: `set ${keyPath}.base_url to the address of the SearXNG instance` };
      return { type: 'engine', engine: createSearxngEngine({ apiKey, baseUrl, ask }) };
    case undefined:
      return {
        type: 'missing',
        cure: `set TAVILY_API_KEY to search with Tavily, or ${keyPath}.base_url to the address of a SearXNG instance`,
      };
  }
}
