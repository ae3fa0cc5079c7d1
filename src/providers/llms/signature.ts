import { isJsonObject } from '../../base/json.js';

/**
 * What a provider needs to take its thinking back (AGT-12, LLM-11, LLM-20, LLM-30), as the `signature` of a thinking
 * part. It names its provider: a session may have changed its model, and nobody reads the signatures of another.
 */
export function writeSignature(provider: string, fields: readonly string[]): string {
  return JSON.stringify({ [provider]: fields });
}

/** The fields, or `undefined` for signatures of other providers. */
export function findSignature(provider: string, signature: string | undefined): readonly string[] | undefined {
  if (signature === undefined || !signature.startsWith(`{"${provider}":`)) return undefined;
  try {
    const value: unknown = JSON.parse(signature);
    const fields = isJsonObject(value) ? value[provider] : undefined;
    return Array.isArray(fields) && fields.every((field) => typeof field === 'string') ? fields : undefined;
  } catch {
    // Not ours after all.
    return undefined;
  }
}
