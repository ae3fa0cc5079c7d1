import type { GenerateContentResponseUsageMetadata } from '@google/genai';
import type { ModelUsage } from '../../contract.js';

/** LLM-06. Thoughts are counted beside the answer here. */
export function mapGeminiUsage(usage: GenerateContentResponseUsageMetadata): ModelUsage {
  const { cachedContentTokenCount: cachedTokens, thoughtsTokenCount: thinkingTokens } = usage;
  return {
    inputTokens: (usage.promptTokenCount ?? 0) + (usage.toolUsePromptTokenCount ?? 0),
    outputTokens: (usage.candidatesTokenCount ?? 0) + (thinkingTokens ?? 0),
    ...(cachedTokens === undefined ? {} : { cachedTokens }),
    ...(thinkingTokens === undefined ? {} : { thinkingTokens }),
  };
}
