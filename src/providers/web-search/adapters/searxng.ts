/** SearXNG, run by oneself: `GET /search?format=json`, which its `search.formats` must allow. */
import { isJsonObject } from '../../../base/json.js';
import type { AskService, WebSearchEngine } from '../contract.js';
import { readResults } from '../read-results.js';

export interface SearxngOptions {
  /** For an instance behind something that asks for a bearer token. Empty: none. */
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly ask: AskService;
}

export function createSearxngEngine({ apiKey, baseUrl, ask }: SearxngOptions): WebSearchEngine {
  return {
    name: 'searxng',
    async search({ query, limit }, signal) {
      const url = new URL(`${baseUrl}/search`);
      url.searchParams.set('q', query);
      url.searchParams.set('format', 'json');
      const headers: Readonly<Record<string, string>> = apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` };
      const answer = await ask({ url, method: 'GET', headers }, signal);
      return readResults('searxng', isJsonObject(answer) ? answer['results'] : undefined, limit);
    },
  };
}
