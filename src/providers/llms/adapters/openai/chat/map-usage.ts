import type { OpenAI } from 'openai';
import type { ModelUsage } from '../../../contract.js';

/** LLM-06 */
export function mapChatUsage(usage: OpenAI.CompletionUsage): ModelUsage {
  const cachedTokens = usage.prompt_tokens_details?.cached_tokens;
  const thinkingTokens = usage.completion_tokens_details?.reasoning_tokens;
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    ...(cachedTokens === undefined ? {} : { cachedTokens }),
    ...(thinkingTokens === undefined ? {} : { thinkingTokens }),
  };
}
