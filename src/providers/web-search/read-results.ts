import { AppError } from '../../base/errors.js';
import { isJsonObject } from '../../base/json.js';
import type { WebSearchResult } from './contract.js';

/** Both services list results with `title`, `url` and `content`. One without an http address is left out: nobody can read it. */
export function readResults(engine: string, results: unknown, limit: number): readonly WebSearchResult[] {
  if (!Array.isArray(results))
    throw new AppError('TOOL_FAILED', { message: `'${engine}' answered without a list of results; check base_url and engine` });
  return results
    .filter(isJsonObject)
    .flatMap(({ title, url, content }) =>
      typeof url === 'string' && /^https?:\/\//i.test(url)
        ? [{ title: readText(title), url: url.slice(0, 2_000), snippet: readText(content) }]
        : [],
    )
    .slice(0, limit);
}

function readText(value: unknown): string {
  return typeof value === 'string' ? value.replace(/\s+/g, ' ').trim().slice(0, MAX_TEXT) : '';
}

const MAX_TEXT = 2_000;
