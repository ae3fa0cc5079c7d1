import type { Anthropic } from '@anthropic-ai/sdk';
import type { ModelUsage } from '../../contract.js';

type Counts = Partial<Anthropic.Usage> | Partial<Anthropic.MessageDeltaUsage>;

/** LLM-06. `message_start` counts the input, `message_delta` the output, and both may count all; the later one wins. Input comes without its cached parts. */
export function mapAnthropicUsage(start: Counts | undefined, end: Counts | undefined): ModelUsage | undefined {
  if (start === undefined && end === undefined) return undefined;
  const count = (read: (counts: Counts) => number | null | undefined) => (end && read(end)) ?? (start && read(start)) ?? undefined;
  const cachedTokens = count((counts) => counts.cache_read_input_tokens);
  const cacheWriteTokens = count((counts) => counts.cache_creation_input_tokens);
  const thinkingTokens = count((counts) => counts.output_tokens_details?.thinking_tokens);
  return {
    inputTokens: (count((counts) => counts.input_tokens) ?? 0) + (cachedTokens ?? 0) + (cacheWriteTokens ?? 0),
    outputTokens: count((counts) => counts.output_tokens) ?? 0,
    ...(cachedTokens === undefined ? {} : { cachedTokens }),
    ...(cacheWriteTokens === undefined ? {} : { cacheWriteTokens }),
    ...(thinkingTokens === undefined ? {} : { thinkingTokens }),
  };
}
