/** A bare A2A client over fetch: what goes over the wire is visible in the test. */
import { randomUUID } from 'node:crypto';

/** What the tests look at of the wire shapes; written down here, so that a change of `src/` cannot change it too. */
export interface WirePart {
  readonly text?: string;
  readonly data?: unknown;
}
export interface WireArtifact {
  readonly artifactId: string;
  readonly parts: readonly WirePart[];
}
export interface WireMessage {
  readonly messageId: string;
  readonly role: string;
  readonly parts: readonly WirePart[];
}
export interface WireTask {
  readonly id: string;
  readonly contextId: string;
  readonly status: { readonly state: string; readonly message?: WireMessage; readonly timestamp?: string };
  readonly artifacts?: readonly WireArtifact[];
  readonly history?: readonly WireMessage[];
  readonly metadata?: Record<string, unknown>;
}
export interface WireError {
  readonly code: number;
  readonly message: string;
  readonly data?: readonly Record<string, unknown>[];
}
export interface WireUpdate {
  readonly task?: WireTask;
  readonly statusUpdate?: { readonly taskId: string; readonly status: WireTask['status']; readonly metadata?: Record<string, unknown> };
  readonly artifactUpdate?: {
    readonly taskId: string;
    readonly artifact: WireArtifact;
    readonly append?: boolean;
    readonly lastChunk?: boolean;
  };
  readonly error?: WireError;
}

export interface RpcReply {
  readonly status: number;
  readonly body: {
    readonly jsonrpc: string;
    readonly id: unknown;
    readonly result?: WireUpdate & Partial<WireTask>;
    readonly error?: WireError;
  };
}

export interface Frame {
  readonly id: string | undefined;
  readonly event: string | undefined;
  /** The `result` of the JSON-RPC response in `data`, or its `error`. */
  readonly result: WireUpdate;
}

export function userMessage(text: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
  return { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text }], ...extra };
}

export async function rpc(url: string, method: string, params: unknown, headers: Record<string, string> = {}): Promise<RpcReply> {
  const response = await post(url, method, params, headers);
  return { status: response.status, body: (await response.json()) as RpcReply['body'] };
}

/** Blocking SendMessage; the task. */
export async function sendText(url: string, text: string, extra: Record<string, unknown> = {}): Promise<WireTask> {
  const { body } = await rpc(url, 'SendMessage', { message: userMessage(text, extra) });
  if (body.error !== undefined) throw new Error(`SendMessage: ${JSON.stringify(body.error)}`);
  if (body.result?.task === undefined) throw new Error(`SendMessage: no task in ${JSON.stringify(body)}`);
  return body.result.task;
}

/** Frames of a streaming method as they come. Ends with the stream; `signal` drops the connection. */
export async function* streamFrames(
  url: string,
  method: string,
  params: unknown,
  options: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): AsyncGenerator<Frame> {
  const response = await post(url, method, params, { accept: 'text/event-stream', ...options.headers }, options.signal);
  if (!(response.headers.get('content-type') ?? '').startsWith('text/event-stream'))
    throw new Error(`not a stream: ${response.status} ${await response.text()}`);
  for await (const block of blocksOf(response)) {
    const frame = parseFrame(block, readJsonRpc);
    if (frame !== undefined) yield frame;
  }
}

/** The events of a stream as lines, without the empty line behind each. */
export async function* blocksOf(response: Response): AsyncGenerator<string> {
  let buffered = '';
  for await (const chunk of (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
    buffered += chunk;
    for (let end = buffered.indexOf('\n\n'); end >= 0; end = buffered.indexOf('\n\n')) {
      yield buffered.slice(0, end);
      buffered = buffered.slice(end + 2);
    }
  }
}

export async function collectFrames(frames: AsyncIterable<Frame>): Promise<Frame[]> {
  const all: Frame[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}

/** The text of an artifact after applying A2A's append and replace rules (T11). */
export function artifactText(frames: readonly Frame[]): string {
  let text = '';
  for (const { result } of frames) {
    const { task, artifactUpdate: update } = result;
    if (task?.artifacts !== undefined) text = task.artifacts.map((artifact) => textOfParts(artifact.parts)).join('');
    if (update === undefined) continue;
    text = (update.append === true ? text : '') + textOfParts(update.artifact.parts);
  }
  return text;
}

export function textOfParts(parts: readonly { text?: string }[]): string {
  return parts.map((part) => part.text ?? '').join('');
}

function post(url: string, method: string, params: unknown, headers: Record<string, string>, signal?: AbortSignal): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, ...(params === undefined ? {} : { params }) }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** One event of a stream from its lines; `undefined` when it carries no data (a comment, `retry`). */
export function parseFrame(block: string, read: (data: unknown) => WireUpdate = readJsonRpc): Frame | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    if (line.startsWith(':')) continue;
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    fields.set(name, fields.has(name) ? `${fields.get(name)}\n${value}` : value);
  }
  const data = fields.get('data');
  return data === undefined ? undefined : { id: fields.get('id'), event: fields.get('event'), result: read(JSON.parse(data)) };
}

export function readJsonRpc(data: unknown): WireUpdate {
  const { result, error } = data as { readonly result?: WireUpdate; readonly error?: WireError };
  return result ?? (error === undefined ? {} : { error });
}
