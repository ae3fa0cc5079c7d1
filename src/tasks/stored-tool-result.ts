import { isJsonObject, type JsonValue } from '../base/json.js';
import type { StoredToolResult } from './tool-call.js';

/** A result as it stands in the ledger: an earlier version kept whatever a tool returned, so that its content may be no text. */
export function readStoredResult(value: unknown): StoredToolResult {
  const { content, isError, data }: { content?: unknown; isError?: unknown; data?: JsonValue } = isJsonObject(value) ? value : {};
  const text = typeof content === 'string' ? content : content === undefined ? '(no result)' : JSON.stringify(content);
  return {
    content: text,
    isError: isError === true || typeof content !== 'string',
    ...(data === undefined ? {} : { data }),
  };
}
