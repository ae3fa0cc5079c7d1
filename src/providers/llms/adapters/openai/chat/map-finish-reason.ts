import type { FinishReason } from '../../../contract.js';

/** Some servers say `stop` although they call tools; the calls decide. */
export function mapChatFinishReason(reason: string, hasToolCalls: boolean): FinishReason {
  if (hasToolCalls && reason !== 'length') return 'tool_calls';
  if (reason === 'length' || reason === 'content_filter') return reason;
  return 'stop';
}
