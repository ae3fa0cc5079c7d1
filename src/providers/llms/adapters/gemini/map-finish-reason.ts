import type { FinishReason } from '../../contract.js';

/** `undefined` = the model stumbled over its own call, and may do better when it is asked again. */
export function mapGeminiFinishReason(reason: string, hasToolCalls: boolean): FinishReason | undefined {
  if (STUMBLES.has(reason)) return undefined;
  if (reason === 'MAX_TOKENS') return 'length';
  if (reason === 'STOP' || reason === 'OTHER' || reason === 'FINISH_REASON_UNSPECIFIED') return hasToolCalls ? 'tool_calls' : 'stop';
  return 'content_filter';
}

const STUMBLES: ReadonlySet<string> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MALFORMED_RESPONSE',
]);
