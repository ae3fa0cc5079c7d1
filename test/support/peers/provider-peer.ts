/**
 * A real HTTP server that answers as a model provider does, from scripted replies. What a request may look like is
 * its protocol's matter: like the service, it answers 400 to what the API would refuse. It can tear its streams into
 * pieces of any size, so that characters, JSON and line ends break anywhere.
 */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** One thing that happens on an open stream. */
export type StreamItem =
  /** Its JSON, or literal text for `[DONE]` and broken data. */
  | { readonly data: unknown }
  | { readonly comment: string }
  /** Just so. */
  | { readonly raw: string }
  /** Nothing is sent until it resolves. */
  | { readonly gate: Promise<unknown> }
  /** Nothing more is sent; the connection stays open. */
  | { readonly stall: true }
  /** The socket is destroyed. */
  | { readonly cut: true };

export type PeerReply =
  | { readonly type: 'stream'; readonly items: readonly StreamItem[] }
  | { readonly type: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: unknown }
  /** The socket is destroyed before a word is sent. */
  | { readonly type: 'refuse' }
  /** The request is read and nothing is sent. */
  | { readonly type: 'silence' };

export interface PeerCall {
  readonly id: string;
  readonly name: string;
  /** Pieces of the arguments' JSON text. */
  readonly pieces: readonly string[];
}

export interface PeerRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
  /** Resolves when the client has closed the connection before the reply was complete. */
  readonly aborted: Promise<void>;
}

export interface ProviderPeer {
  /** `http://127.0.0.1:port` and the protocol's prefix. */
  readonly url: string;
  /** Requests so far, oldest first. */
  readonly requests: readonly PeerRequest[];
  /** The next request that arrives. */
  nextRequest(): Promise<PeerRequest>;
  /** Adds replies; each request takes the next one. */
  script(...replies: readonly PeerReply[]): void;
}

export interface PeerProtocol {
  readonly name: string;
  /** What base URLs of clients end with. */
  readonly prefix: string;
  readonly contentType: string;
  /** Why the service would refuse the request. */
  findComplaint(path: string, body: Readonly<Record<string, unknown>>, headers: IncomingMessage['headers']): string | undefined;
  errorBody(message: string): unknown;
  encode(data: unknown, newline: string): string;
}

export interface PeerOptions {
  /** Bytes per write; default: an item at once. */
  readonly split?: number;
  /** Line end of events. */
  readonly newline?: '\n' | '\r\n';
  readonly tls?: { readonly key: string; readonly cert: string };
}

interface TestLike {
  teardown(run: () => unknown): void;
}

export async function startProviderPeer(t: TestLike, protocol: PeerProtocol, options: PeerOptions = {}): Promise<ProviderPeer> {
  const requests: PeerRequest[] = [];
  const replies: PeerReply[] = [];
  const arrivals = new EventEmitter();
  const listener: RequestListener = (request, response) => {
    void serve(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  };
  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
    const aborted = new Promise<void>((resolve) => response.on('close', () => response.writableFinished || resolve()));
    const recorded: PeerRequest = { path: request.url ?? '', headers: request.headers, body, aborted };
    requests.push(recorded);
    arrivals.emit('request', recorded);
    const complaint = protocol.findComplaint(recorded.path, body, request.headers);
    const reply = replies.shift();
    if (complaint !== undefined) return json(response, 400, {}, protocol.errorBody(complaint));
    if (reply === undefined) return json(response, 400, {}, protocol.errorBody('the peer has no reply left'));
    if (reply.type === 'refuse') response.destroy();
    else if (reply.type === 'status') json(response, reply.status, reply.headers ?? {}, reply.body);
    else if (reply.type === 'stream') await stream(response, reply.items, protocol, options);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    if (replies.length > 0) throw new Error(`${replies.length} replies of the ${protocol.name} peer were not asked for`);
  });
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}${protocol.prefix}`,
    requests,
    nextRequest: () => once(arrivals, 'request').then(([request]) => request as PeerRequest),
    script: (...more) => replies.push(...more),
  };
}

function json(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(typeof body === 'string' ? body : JSON.stringify(body));
}

async function stream(
  response: ServerResponse,
  items: readonly StreamItem[],
  { contentType, encode }: PeerProtocol,
  { split, newline = '\n' }: PeerOptions,
): Promise<void> {
  response.writeHead(200, { 'content-type': contentType });
  response.flushHeaders();
  response.socket?.setNoDelay(true);
  const write = async (text: string) => {
    const bytes = Buffer.from(text);
    const size = split ?? bytes.length;
    for (let at = 0; at < bytes.length && !response.destroyed; at += size) {
      await new Promise((resolve) => response.write(bytes.subarray(at, at + size), resolve));
      if (split !== undefined) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  for (const item of items) {
    if ('gate' in item) await item.gate;
    else if ('raw' in item) await write(item.raw);
    else if ('stall' in item) return;
    else if ('cut' in item) {
      // What was written must have left before the socket goes.
      await new Promise((resolve) => setImmediate(resolve));
      response.socket?.destroy();
      return;
    } else if ('comment' in item) await write(`: ${item.comment}${newline}${newline}`);
    else await write(encode(item.data, newline));
  }
  response.end();
}

/** An event as most providers send it; named after its `type`, where it has one. */
export function encodeSse(data: unknown, newline: string): string {
  const type = (data as { readonly type?: unknown } | null)?.type;
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return `${typeof type === 'string' ? `event: ${type}${newline}` : ''}data: ${text}${newline}${newline}`;
}
