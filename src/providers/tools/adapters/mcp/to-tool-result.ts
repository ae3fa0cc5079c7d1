/** What a server returned, as models and clients may have it: text to read, files beside it, structured content as data. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../../base/json.js';
import type { FilePart } from '../../../../tasks/session-message.js';
import type { ToolResult } from '../../contract.js';
import { cleanText } from './clean-text.js';

export interface ToToolResultOptions {
  /** Whether `structuredContent` is what the tool promised; a text that says why not. */
  readonly findOutputProblem?: (value: JsonObject) => string | undefined;
}

export function toToolResult(result: JsonObject, { findOutputProblem }: ToToolResultOptions = {}): ToolResult {
  const content = Array.isArray(result['content']) ? (result['content'] as readonly JsonValue[]) : [];
  const blocks = content.filter(isJsonObject).map(readBlock);
  const isError = result['isError'] === true;
  const structured = isJsonObject(result['structuredContent']) ? result['structuredContent'] : undefined;
  const problem = structured === undefined || isError ? undefined : findOutputProblem?.(structured);
  const texts = blocks.flatMap(({ text }) => (text === undefined ? [] : [text]));
  if (texts.length === 0 && structured !== undefined) texts.push(JSON.stringify(structured));
  if (problem !== undefined) texts.push(`[the structured content was left out: it is not what the tool promised: ${problem}]`);
  const files = blocks.flatMap(({ file }) => (file === undefined ? [] : [file]));
  return {
    content: texts.length === 0 ? '(no content)' : texts.join('\n'),
    ...(isError ? { isError } : {}),
    ...(structured === undefined || problem !== undefined ? {} : { data: structured }),
    ...(files.length === 0 ? {} : { files }),
  };
}

interface Block {
  readonly text?: string;
  readonly file?: FilePart;
}

/** One entry of `content`, also of a prompt's message. */
export function readBlock(block: JsonObject): Block {
  switch (block['type']) {
    case 'text':
      return { text: readText(block['text']) };
    case 'image':
    case 'audio':
      return readBytes(block['data'], block['mimeType'], undefined, block['type']);
    case 'resource':
      return isJsonObject(block['resource']) ? readResource(block['resource']) : { text: '[an embedded resource that is none]' };
    case 'resource_link':
      return { text: describeLink(block) };
    default:
      return { text: `[content of an unknown type] ${readText(JSON.stringify(block))}` };
  }
}

/** An embedded resource, or one entry of what `resources/read` returns. */
export function readResource({ uri, text, blob, mimeType }: JsonObject): Block {
  const name = readText(uri);
  if (typeof text === 'string') return { text: `[resource ${name}]\n${readText(text)}` };
  return readBytes(blob, mimeType, name, 'resource');
}

function readBytes(data: unknown, mimeType: unknown, name: string | undefined, kind: string): Block {
  const mediaType = typeof mimeType === 'string' && MEDIA_TYPE.test(mimeType) ? mimeType : 'application/octet-stream';
  const label = `${kind}${name === undefined ? '' : ` ${name}`} (${mediaType})`;
  if (typeof data !== 'string' || !BASE64.test(data.replace(/\s+/g, ''))) return { text: `[${label} was left out: its data is no base64]` };
  const filename = name?.split('/').at(-1);
  return {
    text: `[${label}]`,
    file: { type: 'file', raw: data, mediaType, ...(filename === undefined || filename === '' ? {} : { filename }) },
  };
}

function describeLink({ uri, name, description, mimeType }: JsonObject): string {
  const about = [name, description, mimeType].flatMap((part) => (typeof part === 'string' ? [readText(part)] : []));
  return `[resource ${readText(uri)}${about.length === 0 ? '' : `: ${about.join(', ')}`}]`;
}

/** As long as it is: the agent bounds what it keeps (AGT-13). */
function readText(value: unknown): string {
  return typeof value === 'string' ? cleanText(value, Number.POSITIVE_INFINITY) : '';
}

const MEDIA_TYPE = /^[\w.+-]{1,100}\/[\w.+-]{1,100}(;.{0,200})?$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
