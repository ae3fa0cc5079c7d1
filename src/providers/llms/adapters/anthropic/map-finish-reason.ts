import type { FinishReason } from '../../contract.js';

export function mapAnthropicFinishReason(reason: string, hasToolCalls: boolean): FinishReason {
  if (reason === 'max_tokens' || reason === 'model_context_window_exceeded') return 'length';
  if (reason === 'refusal') return 'content_filter';
  return hasToolCalls ? 'tool_calls' : 'stop';
}
