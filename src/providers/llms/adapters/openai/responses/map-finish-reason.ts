import type { OpenAI } from 'openai';
import type { FinishReason } from '../../../contract.js';

export function mapResponseFinishReason(
  response: OpenAI.Responses.Response,
  seen: { readonly refused: boolean; readonly calledTools: boolean },
): FinishReason {
  const incomplete = response.incomplete_details?.reason;
  if (incomplete === 'max_output_tokens') return 'length';
  if (incomplete === 'content_filter' || seen.refused) return 'content_filter';
  return seen.calledTools ? 'tool_calls' : 'stop';
}
