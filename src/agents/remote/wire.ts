/** The operations that a remote agent is asked for, as requests of its binding and version: pure. */
import { AppError, type ErrorCode } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../base/json.js';
import type { Message, Part } from '../../protocol/a2a.js';
import type { RemoteInterface } from './read-card.js';
import { bad } from './read-response.js';

export interface WireRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly body?: string;
}

export interface Wire {
  send(message: Message, streaming: boolean): WireRequest;
  getTask(id: string): WireRequest;
  subscribe(id: string): WireRequest;
  cancel(id: string): WireRequest;
  /** What an answer or an event holds. @throws AppError for an error. */
  unwrap(value: unknown): unknown;
}

export function createWire(to: RemoteInterface): Wire {
  return to.binding === 'JSONRPC' ? createJsonRpc(to) : createRest(to);
}

function createJsonRpc({ url, version, tenant }: RemoteInterface): Wire {
  const isLegacy = version === '0.3';
  const call = (method: string, params: JsonObject): WireRequest => ({
    method: 'POST',
    url,
    body: JSON.stringify({ jsonrpc: '2.0', id: newId(), method, params: { ...(tenant === undefined ? {} : { tenant }), ...params } }),
  });
  return {
    send(message, streaming) {
      if (isLegacy)
        return call(streaming ? 'message/stream' : 'message/send', {
          message: toLegacyMessage(message, 'parts'),
          ...(streaming ? {} : { configuration: { blocking: false } }),
        });
      return call(streaming ? 'SendStreamingMessage' : 'SendMessage', {
        message: message as unknown as JsonObject,
        ...(streaming ? {} : { configuration: { returnImmediately: true } }),
      });
    },
    getTask: (id) => call(isLegacy ? 'tasks/get' : 'GetTask', { id }),
    subscribe: (id) => call(isLegacy ? 'tasks/resubscribe' : 'SubscribeToTask', { id }),
    cancel: (id) => call(isLegacy ? 'tasks/cancel' : 'CancelTask', { id }),
    unwrap(value) {
      if (!isJsonObject(value)) throw bad('the answer is no JSON object');
      if (value['error'] !== undefined && value['error'] !== null) throw toError(value['error']);
      return value['result'];
    },
  };
}

function createRest({ url, version, tenant }: RemoteInterface): Wire {
  const isLegacy = version === '0.3';
  // What stands before `/v1` in an 0.3 address is up to the server; some cards have it already.
  const prefix = isLegacy && !/\/v1\/?$/.test(url.pathname) ? '/v1' : '';
  const at = (path: string) => {
    const target = new URL(url);
    target.pathname = `${url.pathname.replace(/\/$/, '')}${prefix}${tenant === undefined ? '' : `/${encodeURIComponent(tenant)}`}${path}`;
    return target;
  };
  const ofTask = (id: string, verb = '') => at(`/tasks/${encodeURIComponent(id)}${verb}`);
  return {
    send(message, streaming) {
      const body = isLegacy
        ? { message: toLegacyMessage(message, 'content') }
        : { message, ...(streaming ? {} : { configuration: { returnImmediately: true } }) };
      return { method: 'POST', url: at(streaming ? '/message:stream' : '/message:send'), body: JSON.stringify(body) };
    },
    getTask: (id) => ({ method: 'GET', url: ofTask(id) }),
    // A15.1: servers that follow the text want POST, those that follow the proto GET; 0.3 says GET.
    subscribe: (id) =>
      isLegacy ? { method: 'GET', url: ofTask(id, ':subscribe') } : { method: 'POST', url: ofTask(id, ':subscribe'), body: '{}' },
    cancel: (id) => ({ method: 'POST', url: ofTask(id, ':cancel'), body: '{}' }),
    unwrap(value) {
      if (isJsonObject(value) && isJsonObject(value['error'])) throw toError(value['error']);
      return isLegacy ? withoutProtoData(value) : value;
    },
  };
}

/** Data of 0.3's HTTP+JSON has one object more around it than anywhere else. */
function withoutProtoData(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutProtoData);
  if (!isJsonObject(value)) return value;
  const { data } = value;
  if (isJsonObject(data) && isJsonObject(data['data'])) return { ...value, data: data['data'] };
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, key === 'metadata' || key === 'data' ? member : withoutProtoData(member)]),
  );
}

/** An error as JSON-RPC, HTTP+JSON and 0.3 write it. The reason in words is the remote agent's own. */
export function toError(error: unknown, status?: number): AppError {
  const { code, message, data, details, type } = isJsonObject(error) ? error : {};
  const reasons = [...(Array.isArray(data) ? data : [data]), ...(Array.isArray(details) ? details : [])]
    .filter(isJsonObject)
    .map(({ reason }) => reason);
  const named = String(reasons.find((reason) => typeof reason === 'string') ?? type ?? '');
  const words =
    typeof message === 'string' && message !== '' ? message.slice(0, MAX_REASON_LENGTH) : `error ${String(code ?? status ?? '')}`;
  const found = CODES.find(({ numbers, reason }) => numbers.includes(Number(code)) || reason.test(named));
  return new AppError(found?.code ?? byStatus(status), { message: words, details: { code: code ?? null, status: status ?? null } });
}

function byStatus(status: number | undefined): 'REMOTE_UNAVAILABLE' | 'REMOTE_UNAUTHORIZED' | 'REMOTE_REFUSED' {
  if (status === 401 || status === 403) return 'REMOTE_UNAUTHORIZED';
  return status !== undefined && TEMPORARY.includes(status) ? 'REMOTE_UNAVAILABLE' : 'REMOTE_REFUSED';
}

function toLegacyMessage({ parts, role, ...rest }: Message, member: 'parts' | 'content'): JsonObject {
  const isRpc = member === 'parts';
  return {
    ...(isRpc ? { kind: 'message' } : {}),
    ...(rest as unknown as JsonObject),
    role: isRpc ? (role === 'ROLE_USER' ? 'user' : 'agent') : role,
    [member]: parts.map(isRpc ? toRpcPart : toProtoPart),
  };
}

function toRpcPart({ text, data, raw, url, filename, mediaType }: Part): JsonObject {
  if (text !== undefined) return { kind: 'text', text };
  if (data !== undefined) return { kind: 'data', ...wrapData(data) };
  const content = raw === undefined ? { uri: url } : { bytes: raw };
  return { kind: 'file', file: { ...content, ...fileNames(filename, mediaType) } };
}

function toProtoPart({ text, data, raw, url, filename, mediaType }: Part): JsonObject {
  if (text !== undefined) return { text };
  if (data !== undefined) {
    const { data: inner, ...rest } = wrapData(data);
    return { data: { data: inner }, ...rest };
  }
  const content = raw === undefined ? { fileWithUri: url } : { fileWithBytes: raw };
  return { file: { ...content, ...fileNames(filename, mediaType) } };
}

function fileNames(name: string | undefined, mimeType: string | undefined): JsonObject {
  return { ...(name === undefined ? {} : { name }), ...(mimeType === undefined ? {} : { mimeType }) };
}

/** As the SDKs do it. */
function wrapData(data: JsonValue): { readonly data: JsonObject; readonly metadata?: JsonObject } {
  return isJsonObject(data) ? { data } : { data: { value: data }, metadata: { data_part_compat: true } };
}

const CODES: readonly { readonly code: ErrorCode; readonly numbers: readonly number[]; readonly reason: RegExp }[] = [
  { code: 'REMOTE_TASK_UNKNOWN', numbers: [-32001], reason: /^TASK_NOT_FOUND$|task-not-found/ },
  {
    code: 'REMOTE_UNSUPPORTED',
    numbers: [-32002, -32004, -32601],
    reason: /^(UNSUPPORTED_OPERATION|TASK_NOT_CANCELABLE)$|unsupported-operation|not-cancelable/,
  },
];
const TEMPORARY = [408, 425, 429, 502, 503, 504];
const MAX_REASON_LENGTH = 500;
