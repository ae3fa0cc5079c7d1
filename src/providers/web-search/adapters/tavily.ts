/** Tavily: `POST /search` with a bearer key. */
import { isJsonObject } from '../../../base/json.js';
import type { AskService, WebSearchEngine } from '../contract.js';
import { readResults } from '../read-results.js';

export interface TavilyOptions {
  readonly apiKey: string;
  /** Empty: Tavily's own. */
  readonly baseUrl: string;
  readonly ask: AskService;
}

export function createTavilyEngine({ apiKey, baseUrl, ask }: TavilyOptions): WebSearchEngine {
  const url = new URL(`${baseUrl === '' ? 'https://api.tavily.com' : baseUrl}/search`);
  return {
    name: 'tavily',
    async search({ query, limit }, signal) {
      const headers = { 'content-type': 'application/json', ...(apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` }) };
      const body = JSON.stringify({ query, max_results: Math.min(limit, MAX_RESULTS) });
      const answer = await ask({ url, method: 'POST', headers, body }, signal);
      return readResults('tavily', isJsonObject(answer) ? answer['results'] : undefined, limit);
    },
  };
}

/** The service refuses a larger number. */
const MAX_RESULTS = 20;
