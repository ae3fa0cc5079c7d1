/** Streams of one agent at any front, over any binding, read alike: the same frames whoever carried them. */
import type { Client } from '@grpc/grpc-js';
import { blocksOf, type Frame, parseFrame, readJsonRpc, type WireUpdate } from './a2a-client.js';
import { callsOf } from './grpc-rig.js';

export interface StreamFront {
  /** Of the HTTP server. */
  readonly url: string;
  readonly grpc: Client;
}

export const STREAM_BINDINGS = ['JSONRPC', 'HTTP+JSON', 'GRPC'] as const;

/** A message to send, or a task to subscribe to, from a cursor or from now. */
export type StreamStart = { readonly message: unknown } | { readonly taskId: string; readonly cursor: string };

const EXTENSION = 'urn:hector:extension:reliable-stream:v1';

/** What is refused before the stream begins is one frame with an `error`. Leaving the loop, or `signal`, drops the connection. */
export async function* openStream(
  front: StreamFront,
  binding: (typeof STREAM_BINDINGS)[number],
  agent: string,
  start: StreamStart,
): AsyncGenerator<Frame> {
  const dropped = new AbortController();
  try {
    yield* OPEN[binding](front, agent, start, dropped.signal);
  } finally {
    dropped.abort();
  }
}

type Open = (front: StreamFront, agent: string, start: StreamStart, signal: AbortSignal) => AsyncGenerator<Frame>;

const OPEN: Readonly<Record<(typeof STREAM_BINDINGS)[number], Open>> = {
  JSONRPC(front, agent, start, signal) {
    const [method, params] = 'message' in start ? ['SendStreamingMessage', start] : ['SubscribeToTask', { id: start.taskId }];
    return overHttp(`${front.url}/agents/${agent}`, start, { jsonrpc: '2.0', id: 1, method, params }, signal, readJsonRpc);
  },
  'HTTP+JSON'(front, agent, start, signal) {
    const [path, body] = 'message' in start ? ['message:stream', start] : [`tasks/${start.taskId}:subscribe`, null];
    return overHttp(`${front.url}/agents/${agent}/${path}`, start, body, signal, (data) => data as WireUpdate);
  },
  async *GRPC(front, agent, start, signal) {
    const method = 'message' in start ? 'SendStreamingMessage' : 'SubscribeToTask';
    const request = 'message' in start ? { tenant: agent, ...start } : { tenant: agent, id: start.taskId };
    const stream = callsOf(front.grpc).stream(method, request, { metadata: headersOf(start), deadlineMs: 120_000 });
    signal.addEventListener('abort', () => stream.call.cancel());
    for (let event = await stream.next(); event !== undefined; event = await stream.next()) {
      const { metadata } = event.task ?? event.statusUpdate ?? event.artifactUpdate;
      yield { id: metadata?.[EXTENSION]?.cursor, event: undefined, result: event };
    }
    const { code, message } = await stream.ended;
    if (code !== 0) yield { id: undefined, event: undefined, result: { error: { code, message } } };
  },
};

async function* overHttp(
  url: string,
  start: StreamStart,
  body: unknown,
  signal: AbortSignal,
  read: (data: unknown) => WireUpdate,
): AsyncGenerator<Frame> {
  const headers = { 'content-type': 'application/json', 'a2a-version': '1.0', ...headersOf(start) };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
  if (response.headers.get('content-type') !== 'text/event-stream') {
    yield { id: undefined, event: undefined, result: readKnown(await response.json(), read) };
    return;
  }
  for await (const block of blocksOf(response)) {
    const frame = parseFrame(block, (data) => readKnown(data, read));
    if (frame !== undefined) yield frame;
  }
}

function readKnown(data: unknown, read: (data: unknown) => WireUpdate): WireUpdate {
  const update = read(data);
  if (update.error === undefined && update.task === undefined && update.statusUpdate === undefined && update.artifactUpdate === undefined)
    throw new Error(`neither an event nor an error: ${JSON.stringify(data)}`);
  return update;
}

function headersOf(start: StreamStart): Record<string, string> {
  const cursor = 'cursor' in start ? start.cursor : '';
  return { 'a2a-extensions': EXTENSION, ...(cursor === '' ? {} : { 'last-event-id': cursor }) };
}
