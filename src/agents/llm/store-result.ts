/**
 * What a tool returned, as it goes into the log: checked, since a tool is code of somebody else's, and bounded, since what it did must
 * not be lost because a database refuses the row that tells of it.
 */
import { AppError, describeError } from '../../base/errors.js';
import { isJsonObject, type JsonValue } from '../../base/json.js';
import type { FilePart } from '../../tasks/session-message.js';
import { isInternalName, type StateDelta } from '../../tasks/session-state.js';
import type { StoredArtifact, StoredToolResult } from '../../tasks/tool-call.js';
import { cutToJsonBytes } from './json-bytes.js';
import type { Decision } from './read-decisions.js';
import { readArtifact } from './tool-handles.js';

export interface StoreResultOptions {
  readonly tool: string;
  /** 0 = unlimited (AGT-13). */
  readonly maxToolOutputLength: number;
  /** Of `content`, of `data`, of `sessionState`, of all files and of all artifacts, as JSON. */
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
  const data = keepJson('data', returned['data'], maxBytes);
  const state = keepState(returned['sessionState'], maxBytes);
  const { files, note } = keepFiles(returned['files'], maxBytes);
  const artifacts = keepArtifacts(returned['artifacts'], maxBytes);
  const content = limitContent(truncate(returned['content'], maxToolOutputLength), maxBytes);
  return {
    content: [content, data.note, state.note, note, artifacts.note].filter((text) => text !== undefined).join('\n'),
    isError: returned['isError'] === true,
    ...(data.value === undefined ? {} : { data: data.value }),
    ...(files.length === 0 ? {} : { files }),
    ...(artifacts.value === undefined ? {} : { artifacts: artifacts.value as unknown as readonly StoredArtifact[] }),
    ...(state.value === undefined ? {} : { sessionState: state.value as StateDelta }),
  };
}

/** What people say came of a call is a result like any other. */
export function limitDecision(decision: Decision, maxBytes: number): Decision {
  const isLong = decision.type === 'done' && decision.result !== undefined;
  return isLong ? { ...decision, result: limitContent(decision.result, maxBytes) } : decision;
}

export function limitContent(content: string, maxBytes: number): string {
  const cut = cutToJsonBytes(content, maxBytes);
  if (cut.length === content.length) return content;
  return `${cut}... [TRUNCATED by server: ${Buffer.byteLength(content)} bytes exceeded ${LIMIT_KEY}]`;
}

interface Kept {
  readonly value?: JsonValue;
  readonly note?: string;
}

function keepJson(what: string, value: unknown, maxBytes: number): Kept {
  if (value === undefined) return {};
  try {
    const json: string | undefined = JSON.stringify(value);
    if (json === undefined) return { note: `[${what} was left out: it is no JSON]` };
    const bytes = Buffer.byteLength(json);
    if (bytes > maxBytes) return { note: `[${what} was left out: ${bytes} bytes exceeded ${LIMIT_KEY}]` };
    return { value: JSON.parse(json) as JsonValue };
  } catch {
    return { note: `[${what} was left out: it is no JSON]` };
  }
}

function keepState(value: unknown, maxBytes: number): Kept {
  if (value === undefined) return {};
  if (!isJsonObject(value)) return { note: '[sessionState was left out: it is no object]' };
  const own = Object.keys(value).find((name) => name === '' || name.length > MAX_NAME || isInternalName(name));
  if (own !== undefined) return { note: `[sessionState was left out: '${own.slice(0, 50)}' is no name that a tool may set]` };
  return keepJson('sessionState', value, maxBytes);
}

/** All of them, or none. */
function keepArtifacts(value: unknown, maxBytes: number): Kept {
  if (value === undefined) return {};
  try {
    const given: readonly unknown[] = Array.isArray(value) ? value : [value];
    return given.length === 0 ? {} : keepJson('artifacts', given.map(readArtifact), maxBytes);
  } catch (error) {
    return { note: `[artifacts were left out: ${describeError(error)}]` };
  }
}

/** All files together have as much as the content. */
function keepFiles(value: unknown, maxBytes: number): { readonly files: readonly FilePart[]; readonly note?: string } {
  if (value === undefined) return { files: [] };
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  const files: FilePart[] = [];
  const notes: string[] = [];
  let left = maxBytes;
  for (const [index, file] of given.entries()) {
    const name = isJsonObject(file) && typeof file['filename'] === 'string' ? file['filename'].slice(0, 100) : `file ${index + 1}`;
    const part = readFile(file);
    const bytes = part === undefined ? 0 : Buffer.byteLength(JSON.stringify(part));
    if (part === undefined) notes.push(`[${name} was left out: wanted a url, or raw as base64]`);
    else if (bytes > left)
      notes.push(`[${name} was left out: ${bytes} bytes exceeded ${left === maxBytes ? '' : 'what is left of '}${LIMIT_KEY}]`);
    else {
      files.push(part);
      left -= bytes;
    }
  }
  return { files, ...(notes.length === 0 ? {} : { note: notes.join('\n') }) };
}

function readFile(file: unknown): FilePart | undefined {
  if (!isJsonObject(file)) return undefined;
  const { url, raw, mediaType, filename } = file;
  if (typeof url !== 'string' && typeof raw !== 'string') return undefined;
  return {
    type: 'file',
    ...(typeof url === 'string' ? { url } : {}),
    ...(typeof raw === 'string' ? { raw } : {}),
    ...(typeof mediaType === 'string' ? { mediaType } : {}),
    ...(typeof filename === 'string' ? { filename } : {}),
  };
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

/** Characters of a name in the session's state. */
const MAX_NAME = 200;
const LIMIT_KEY = 'server.limits.max_tool_bytes';
