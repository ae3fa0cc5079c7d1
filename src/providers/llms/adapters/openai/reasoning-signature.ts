import { isJsonObject } from '../../../../base/json.js';

/** What OpenAI needs to take back a reasoning item (LLM-11). Kept as the `signature` of a thinking part. */
export interface ReasoningSignature {
  readonly id: string;
  readonly encryptedContent: string;
}

export function writeReasoningSignature({ id, encryptedContent }: ReasoningSignature): string {
  return JSON.stringify({ openai: [id, encryptedContent] });
}

/** `undefined` for signatures of other providers: a session may have changed its model. */
export function findReasoningSignature(signature: string | undefined): ReasoningSignature | undefined {
  if (signature === undefined || !signature.startsWith('{"openai":')) return undefined;
  try {
    const value: unknown = JSON.parse(signature);
    const pair = isJsonObject(value) ? value['openai'] : undefined;
    if (!Array.isArray(pair) || typeof pair[0] !== 'string' || typeof pair[1] !== 'string') return undefined;
    return { id: pair[0], encryptedContent: pair[1] };
  } catch {
    // Not ours after all.
    return undefined;
  }
}
