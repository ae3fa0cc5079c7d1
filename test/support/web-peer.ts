/** A server of the web, on an address of this machine: records what it is asked and answers as the test says. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface WebPeerRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type WebPeerAnswer = (request: WebPeerRequest, response: ServerResponse, n: number) => unknown;

export interface WebPeer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  readonly received: readonly WebPeerRequest[];
  /** Resolves when the n-th request, from 1, is there. */
  until(n: number): Promise<void>;
  /** Resolves when a connection that was asked something has closed. */
  readonly closed: Promise<void>;
}

export async function startWebPeer(
  t: { teardown(run: () => unknown): unknown },
  answer: WebPeerAnswer,
  host = '127.0.0.1',
): Promise<WebPeer> {
  const received: WebPeerRequest[] = [];
  const waiting = new Map<number, () => void>();
  let onClosed = () => {};
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve;
  });
  const server = createServer(async (incoming: IncomingMessage, response) => {
    incoming.socket.once('close', onClosed);
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body: Buffer.concat(chunks).toString() };
    received.push(request);
    waiting.get(received.length)?.();
    answer(request, response, received.length);
  });
  server.listen(0, host);
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    port,
    received,
    until: (n) => (received.length >= n ? Promise.resolve() : new Promise((resolve) => waiting.set(n, resolve))),
    closed,
  };
}
