/** How search engines ask their service: by the same exchange as the tools, without redirects, so that a key goes to one place only. */
import { AppError } from '../../../../base/errors.js';
import type { AskService } from '../../../web-search/contract.js';
import { decodeBody } from './decode-body.js';
import type { Exchange } from './exchange.js';

/** @param keyPath of the tool, for messages */
export function createAskService(exchange: Exchange, keyPath: string): AskService {
  return async ({ url, ...request }, signal) => {
    const { status, body, headers } = await exchange({ ...request, url: url.href, mayRepeat: true }, signal);
    const fail = (why: string) => new AppError('TOOL_FAILED', { message: `The search engine at ${url.origin} ${why}` });
    if (status === 401 || status === 403)
      throw fail(`answered ${status}; check ${keyPath}.api_key, and for SearXNG that its search.formats has json`);
    if (status === 429) throw fail('answered 429: too many searches; wait before the next one');
    if (status !== 200) throw fail(`answered ${status}`);
    try {
      return JSON.parse(decodeBody(body, headers['content-type'] ?? '').text) as unknown;
    } catch (cause) {
      throw new AppError('TOOL_FAILED', {
        message: `The search engine at ${url.origin} answered no JSON; check ${keyPath}.base_url`,
        cause,
      });
    }
  };
}
