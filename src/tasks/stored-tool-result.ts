import { isJsonObject, type JsonValue } from '../base/json.js';
import type { StateDelta } from './session-state.js';
import type { StoredToolResult } from './tool-call.js';

/** A result as it stands in the ledger: an earlier version kept whatever a tool returned, so that its content may be no text. */
export function readStoredResult(value: unknown): StoredToolResult {
  const { content, isError, data, files, artifacts, sessionState }: Partial<Record<keyof StoredToolResult, unknown>> = isJsonObject(value)
    ? value
    : {};
  const text = typeof content === 'string' ? content : content === undefined ? '(no result)' : JSON.stringify(content);
  return {
    content: text,
    isError: isError === true || typeof content !== 'string',
    ...(data === undefined ? {} : { data: data as JsonValue }),
    ...(Array.isArray(files) ? { files: files as NonNullable<StoredToolResult['files']> } : {}),
    ...(Array.isArray(artifacts) ? { artifacts: artifacts as NonNullable<StoredToolResult['artifacts']> } : {}),
    ...(isJsonObject(sessionState) ? { sessionState: sessionState as StateDelta } : {}),
  };
}
