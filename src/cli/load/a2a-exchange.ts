/** Messages to an A2A agent over JSON-RPC, in both versions that are spoken in the wild. */
import { newId } from '../../base/ids.js';
import { isJsonObject, type JsonObject } from '../../base/json.js';
import { bearer } from '../token.js';
import type { AnswerReader, Exchange } from './exchange.js';

export type ProtocolVersion = '1.0' | '0.3';

/** Wait for the answer, stream it, or leave as soon as the message is accepted. */
export type MessageMode = 'send' | 'stream' | 'begin';

export interface MessageLoad {
  /** JSON-RPC endpoint. */
  readonly url: URL;
  readonly version: ProtocolVersion;
  readonly mode: MessageMode;
  readonly text: string;
  readonly token?: string | undefined;
}

/** Sends one message per request, each the first of a task of its own. */
export function messageExchange({ url, version, mode, text, token }: MessageLoad): Exchange {
  const method = METHODS[version][mode === 'stream' ? 'stream' : 'send'];
  return {
    method: 'POST',
    path: `${url.pathname}${url.search}`,
    headers: {
      'content-type': 'application/json',
      accept: mode === 'stream' ? 'text/event-stream' : 'application/json',
      ...(version === '1.0' ? { 'a2a-version': '1.0' } : {}),
      ...bearer(token),
    },
    body: () => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: paramsOf(version, mode, text) }),
    startReader: () => (mode === 'stream' ? new StreamReader() : new ReplyReader(mode === 'begin' ? judgeBeginning : judgeReply)),
  };
}

/** Any JSON-RPC call whose answer has a result. */
export function callExchange(url: URL, method: string, params: JsonObject): Exchange {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  return {
    method: 'POST',
    path: url.pathname,
    headers: { 'content-type': 'application/json', accept: 'application/json', 'a2a-version': '1.0' },
    body,
    startReader: () => new ReplyReader((reply) => (isJsonObject(reply) && isJsonObject(reply.result) ? undefined : describeError(reply))),
  };
}

/** A document, such as an agent's card. */
export function getExchange(url: URL): Exchange {
  return {
    method: 'GET',
    path: `${url.pathname}${url.search}`,
    headers: { accept: 'application/json', 'a2a-version': '1.0' },
    startReader: () => new ReplyReader((reply) => (isJsonObject(reply) ? undefined : 'no JSON object')),
  };
}

class ReplyReader implements AnswerReader {
  readonly #judge: (reply: unknown) => string | undefined;
  readonly #chunks: Buffer[] = [];
  #status = 0;

  constructor(judge: (reply: unknown) => string | undefined) {
    this.#judge = judge;
  }

  onHead(status: number): void {
    this.#status = status;
  }

  onData(chunk: Buffer): void {
    this.#chunks.push(Buffer.from(chunk));
  }

  judge(): string | undefined {
    if (this.#status !== 200) return `HTTP ${this.#status}`;
    return this.#judge(parse(this.#chunks.length === 1 ? String(this.#chunks[0]) : Buffer.concat(this.#chunks).toString()));
  }
}

/** Server-sent events; only as much is read as tells how the task is. */
class StreamReader implements AnswerReader {
  firstTextAtMs: number | undefined;
  events = 0;
  #status = 0;
  #type = '';
  /** Of a character whose bytes come in two chunks. */
  readonly #decoder = new TextDecoder();
  #rest = '';
  #problem: string | undefined;
  #state = '';

  onHead(status: number, contentType: string): void {
    this.#status = status;
    this.#type = contentType;
  }

  onData(chunk: Buffer, nowMs: number): void {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split(LINE_END);
    this.#rest = lines.pop() as string;
    for (const line of lines) if (line.startsWith('data:')) this.#take(parse(line.slice(5)), nowMs);
  }

  judge(): string | undefined {
    if (this.#status !== 200) return `HTTP ${this.#status}`;
    if (!this.#type.startsWith('text/event-stream')) return judgeReply(parse(this.#rest)) ?? 'no stream';
    if (this.#problem !== undefined) return this.#problem;
    return GOOD_ENDS.has(this.#state)
      ? undefined
      : `the stream ended with the task ${this.#state === '' ? 'without a state' : this.#state}`;
  }

  #take(reply: unknown, nowMs: number): void {
    this.events += 1;
    const event = isJsonObject(reply) ? reply.result : undefined;
    if (!isJsonObject(event)) {
      this.#problem = describeError(reply);
      return;
    }
    if (event.kind === 'message' || isJsonObject(event.message)) this.#state = 'completed';
    if (event.kind === 'artifact-update' || event.artifactUpdate !== undefined || this.#state === 'completed') this.firstTextAtMs ??= nowMs;
    const state = findState(event);
    if (state !== undefined) this.#state = state;
  }
}

function judgeBeginning(reply: unknown): string | undefined {
  const result = isJsonObject(reply) ? reply.result : undefined;
  const state = isJsonObject(result) ? findState(result) : undefined;
  return state === 'submitted' || state === 'working' ? undefined : judgeReply(reply);
}

function judgeReply(reply: unknown): string | undefined {
  const result = isJsonObject(reply) ? reply.result : undefined;
  if (!isJsonObject(result)) return describeError(reply);
  if (result.kind === 'message' || isJsonObject(result.message)) return undefined;
  const state = findState(result) ?? 'without a state';
  return GOOD_ENDS.has(state) ? undefined : `the task is ${state}`;
}

/** `completed`, whichever version says it how. */
function findState(event: JsonObject): string | undefined {
  for (const part of [event, event.task, event.statusUpdate]) {
    const status = isJsonObject(part) ? part.status : undefined;
    if (isJsonObject(status) && typeof status.state === 'string')
      return status.state.replace('TASK_STATE_', '').toLowerCase().replaceAll('_', '-');
  }
  return undefined;
}

function describeError(reply: unknown): string {
  const error = isJsonObject(reply) ? reply.error : undefined;
  return isJsonObject(error) ? `error ${String(error.code)}: ${String(error.message).slice(0, 80)}` : 'no JSON-RPC result';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Judged as what it is: no answer.
    return undefined;
  }
}

function paramsOf(version: ProtocolVersion, mode: MessageMode, text: string): JsonObject {
  const isWaiting = mode === 'send';
  const message =
    version === '1.0'
      ? { messageId: newId(), role: 'ROLE_USER', parts: [{ text }] }
      : { kind: 'message', messageId: newId(), role: 'user', parts: [{ kind: 'text', text }] };
  if (mode === 'stream') return { message };
  return { message, configuration: version === '1.0' ? { returnImmediately: !isWaiting } : { blocking: isWaiting } };
}

const METHODS = {
  '1.0': { send: 'SendMessage', stream: 'SendStreamingMessage' },
  '0.3': { send: 'message/send', stream: 'message/stream' },
} as const;
/** Ends that an agent may mean: it has answered, or asks back. */
const GOOD_ENDS: ReadonlySet<string> = new Set(['completed', 'input-required', 'auth-required']);
const LINE_END = /\r\n|\n|\r/;
