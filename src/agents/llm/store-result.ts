/**
 * What a tool returned, as it goes into the log: checked, since a tool is code of somebody else's, and bounded, since what it did must
 * not be lost because a database refuses the row that tells of it.
 */
import { AppError } from '../../base/errors.js';
import { isJsonObject, type JsonValue } from '../../base/json.js';
import type { StoredToolResult } from '../../tasks/tool-call.js';
import { cutToJsonBytes } from './json-bytes.js';

export interface StoreResultOptions {
  readonly tool: string;
  /** 0 = unlimited (AGT-13). */
  readonly maxToolOutputLength: number;
  /** Of `content`, and of `data`, as JSON. */
  readonly maxBytes: number;
}

/** Never throws: the tool has run. */
export function storeResult(returned: unknown, { tool, maxToolOutputLength, maxBytes }: StoreResultOptions): StoredToolResult {
  if (!isJsonObject(returned) || typeof returned['content'] !== 'string') {
    const error = new AppError('TOOL_FAILED', {
      message: `the tool '${tool}' ran and returned ${describe(returned)}; wanted an object whose content is a text`,
    });
    return { content: `Error: ${error.message}`, isError: true };
  }
  const kept = keepData(returned['data'], maxBytes);
  const content = limitContent(truncate(returned['content'], maxToolOutputLength), maxBytes);
  return {
    content: kept.note === undefined ? content : `${content}\n${kept.note}`,
    isError: returned['isError'] === true,
    ...(kept.data === undefined ? {} : { data: kept.data }),
  };
}

export function limitContent(content: string, maxBytes: number): string {
  const cut = cutToJsonBytes(content, maxBytes);
  if (cut.length === content.length) return content;
  return `${cut}... [TRUNCATED by server: ${Buffer.byteLength(content)} bytes exceeded ${LIMIT_KEY}]`;
}

function keepData(data: JsonValue | undefined, maxBytes: number): { readonly data?: JsonValue; readonly note?: string } {
  if (data === undefined) return {};
  try {
    const json: string | undefined = JSON.stringify(data);
    if (json === undefined) return { note: '[data was left out: it is no JSON]' };
    const bytes = Buffer.byteLength(json);
    if (bytes > maxBytes) return { note: `[data was left out: ${bytes} bytes exceeded ${LIMIT_KEY}]` };
    return { data: JSON.parse(json) as JsonValue };
  } catch {
    return { note: '[data was left out: it is no JSON]' };
  }
}

function truncate(content: string, maxLength: number): string {
  if (maxLength <= 0 || content.length <= maxLength) return content;
  return `${content.slice(0, maxLength)}... [TRUNCATED by client: output length ${content.length} exceeded safety limit]`;
}

function describe(returned: unknown): string {
  return isJsonObject(returned) ? `an object whose content is ${nameType(returned['content'])}` : nameType(returned);
}

function nameType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
}

const LIMIT_KEY = 'server.limits.max_tool_bytes';
