/**
 * What a remote agent says, of A2A 1.0 or 0.3, checked and in one form: pure. Read leniently where versions and servers differ in words, never
 * where a program would have to guess.
 */
import { AppError } from '../../base/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../base/json.js';
import type { Artifact, Message, Part, SendMessageResponse, StreamResponse, Task, TaskState, TaskStatus } from '../../protocol/a2a.js';

/** @throws AppError `REMOTE_BAD_RESPONSE`, as all here */
export function readStreamResponse(value: unknown): StreamResponse {
  if (!isJsonObject(value)) throw bad('an event is no JSON object');
  const { kind } = value;
  const [name, inner] = (kind === undefined ? KINDS.find(([member]) => isJsonObject(value[member])) : undefined) ?? [undefined, undefined];
  const body = name === undefined ? value : (value[name] as JsonObject);
  switch (inner ?? kind) {
    case 'task':
      return { task: readTask(body) };
    case 'message':
      return { message: readMessage(body) };
    case 'status-update':
      return {
        statusUpdate: {
          taskId: textIn(body, 'taskId'),
          contextId: textIn(body, 'contextId'),
          status: readStatus(body['status']),
          ...metadataIn(body),
        },
      };
    case 'artifact-update':
      return {
        artifactUpdate: {
          taskId: textIn(body, 'taskId'),
          contextId: textIn(body, 'contextId'),
          artifact: readArtifact(body['artifact']),
          append: body['append'] === true,
          lastChunk: body['lastChunk'] === true,
        },
      };
    default:
      throw bad(`an event is none of task, message, statusUpdate, artifactUpdate (it has ${Object.keys(value).slice(0, 5).join(', ')})`);
  }
}

/** An answer to a message; 0.3 says the task or the message as it is. */
export function readSendResponse(value: unknown): SendMessageResponse {
  const response = readStreamResponse(value);
  if ('task' in response || 'message' in response) return response;
  throw bad('the answer to a message is neither a task nor a message');
}

export function readTask(value: unknown): Task {
  if (!isJsonObject(value)) throw bad('the task is no JSON object');
  const id = textIn(value, 'id');
  if (id === '') throw bad('the task has no id');
  return {
    id,
    contextId: textIn(value, 'contextId'),
    status: readStatus(value['status']),
    artifacts: listIn(value, 'artifacts').map(readArtifact),
    history: listIn(value, 'history').filter(isJsonObject).map(readMessage),
  };
}

function readStatus(value: unknown): TaskStatus {
  if (!isJsonObject(value)) throw bad('a status is no JSON object');
  const { message } = value;
  return { state: readState(value['state']), ...(isJsonObject(message) ? { message: readMessage(message) } : {}) };
}

/** What is not known to be an end is work. */
function readState(value: unknown): TaskState {
  const word = String(value)
    .replace(/^TASK_STATE_/, '')
    .replaceAll('-', '_')
    .toUpperCase();
  return STATES[word] ?? 'TASK_STATE_WORKING';
}

function readMessage(value: JsonObject): Message {
  const parts = value['parts'] ?? value['content'];
  if (!Array.isArray(parts)) throw bad('a message has no parts');
  return {
    messageId: textIn(value, 'messageId'),
    contextId: textIn(value, 'contextId'),
    taskId: textIn(value, 'taskId'),
    role: /user$/i.test(textIn(value, 'role')) ? 'ROLE_USER' : 'ROLE_AGENT',
    parts: parts.map(readPart),
    ...metadataIn(value),
  };
}

function readArtifact(value: unknown): Artifact {
  if (!isJsonObject(value)) throw bad('an artifact is no JSON object');
  const artifactId = textIn(value, 'artifactId');
  if (artifactId === '' || artifactId.length > MAX_ID_LENGTH) throw bad(`an artifact has an id of ${artifactId.length} characters`);
  const [name, description] = [textIn(value, 'name'), textIn(value, 'description')];
  return {
    artifactId,
    ...(name === '' ? {} : { name }),
    ...(description === '' ? {} : { description }),
    parts: listIn(value, 'parts').map(readPart),
    ...metadataIn(value),
  };
}

function readPart(value: unknown): Part {
  if (!isJsonObject(value)) throw bad('a part is no JSON object');
  const { text, raw, url, data, file } = value;
  const common = { ...named('mediaType', value), ...named('filename', value), ...metadataIn(value) };
  if (typeof text === 'string') return { text, ...common };
  if (typeof raw === 'string') return { raw, ...common };
  if (typeof url === 'string' && url !== '') return { url, ...common };
  if (isJsonObject(file)) return readLegacyFile(file, common);
  if (data !== undefined) return readData(data, common);
  throw bad('a part has none of text, raw, url, data');
}

function readLegacyFile(file: JsonObject, { metadata }: Pick<Part, 'metadata'>): Part {
  const bytes = file['bytes'] ?? file['fileWithBytes'];
  const url = file['uri'] ?? file['fileWithUri'];
  const common = {
    ...named('mediaType', { mediaType: file['mimeType'] ?? file['mediaType'] }),
    ...named('filename', { filename: file['name'] }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  if (typeof bytes === 'string') return { raw: bytes, ...common };
  if (typeof url === 'string') return { url, ...common };
  throw bad('a file has neither bytes nor an address');
}

/** 0.3 has objects only: other values travel in one, with a mark. */
function readData(data: JsonValue, common: Omit<Part, 'data'>): Part {
  const { metadata, ...rest } = common;
  const { data_part_compat: isWrapped, ...own } = metadata ?? {};
  const value = isWrapped === true && isJsonObject(data) && data['value'] !== undefined ? data['value'] : data;
  const kept = isWrapped === true ? own : metadata;
  return { data: value, ...rest, ...(kept === undefined || Object.keys(kept).length === 0 ? {} : { metadata: kept }) };
}

function named<Name extends string>(name: Name, value: JsonObject): { readonly [key in Name]?: string } {
  const text = value[name];
  return (typeof text === 'string' && text !== '' ? { [name]: text } : {}) as { readonly [key in Name]?: string };
}

function metadataIn({ metadata }: JsonObject): { readonly metadata?: JsonObject } {
  return isJsonObject(metadata) && Object.keys(metadata).length > 0 ? { metadata } : {};
}

function textIn(value: JsonObject, key: string): string {
  const text = value[key];
  return typeof text === 'string' ? text : '';
}

function listIn(value: JsonObject, key: string): readonly unknown[] {
  const list = value[key];
  return Array.isArray(list) ? list : [];
}

export function bad(problem: string): AppError {
  return new AppError('REMOTE_BAD_RESPONSE', { message: `The remote agent answered with something unexpected: ${problem}` });
}

/** Members of 1.0's answers and of 0.3's HTTP+JSON, which calls a message `msg`; and 0.3's `kind`. */
const KINDS = [
  ['task', 'task'],
  ['message', 'message'],
  ['msg', 'message'],
  ['statusUpdate', 'status-update'],
  ['artifactUpdate', 'artifact-update'],
] as const;
const STATES: Readonly<Record<string, TaskState>> = {
  SUBMITTED: 'TASK_STATE_SUBMITTED',
  WORKING: 'TASK_STATE_WORKING',
  COMPLETED: 'TASK_STATE_COMPLETED',
  FAILED: 'TASK_STATE_FAILED',
  CANCELED: 'TASK_STATE_CANCELED',
  CANCELLED: 'TASK_STATE_CANCELED',
  INPUT_REQUIRED: 'TASK_STATE_INPUT_REQUIRED',
  REJECTED: 'TASK_STATE_REJECTED',
  AUTH_REQUIRED: 'TASK_STATE_AUTH_REQUIRED',
};
const MAX_ID_LENGTH = 256;
