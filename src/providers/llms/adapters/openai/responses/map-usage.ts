import type { OpenAI } from 'openai';
import type { ModelUsage } from '../../../contract.js';

/** LLM-06. Compatible servers leave the details out. */
export function mapResponseUsage(usage: OpenAI.Responses.ResponseUsage): ModelUsage {
  const cachedTokens = usage.input_tokens_details?.cached_tokens;
  const thinkingTokens = usage.output_tokens_details?.reasoning_tokens;
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    ...(cachedTokens === undefined ? {} : { cachedTokens }),
    ...(thinkingTokens === undefined ? {} : { thinkingTokens }),
  };
}
