/** A small HTTP server that speaks A2A 1.0 over JSON-RPC as a script says; for tests of clients. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PeerCall {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface PeerAnswer {
  /** One SSE event per entry: `id: <id>`, `data: {jsonrpc, id, result}`. */
  event(result: unknown, id?: string): void;
  /** Bytes as they are. */
  raw(text: string): void;
  end(): void;
  /** Destroys the connection. */
  cut(): void;
  json(body: unknown, status?: number): void;
  /** The client has gone. */
  readonly closed: Promise<void>;
}

export interface Peer {
  readonly url: string;
  readonly calls: readonly PeerCall[];
  close(): Promise<void>;
}

/** Each JSON-RPC call is answered by the next entry of `script`; one call too many is answered by HTTP 500. */
export async function startPeer(script: readonly ((answer: PeerAnswer, call: PeerCall) => void)[]): Promise<Peer> {
  const calls: PeerCall[] = [];
  let next = 0;
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      sendCard(server.address() as AddressInfo, response);
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { method: string; params: Record<string, unknown>; id: unknown };
      const call = { path: request.url ?? '', headers: request.headers, method: body.method, params: body.params };
      calls.push(call);
      const entry = script[next++];
      if (entry === undefined) response.writeHead(500).end('the script has ended');
      else entry(answerOn(response, body.id), call);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answerOn(response: ServerResponse, id: unknown): PeerAnswer {
  const open = () => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  };
  return {
    event(result, eventId) {
      open();
      response.write(`${eventId === undefined ? '' : `id: ${eventId}\n`}data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
    },
    raw(text) {
      open();
      response.write(text);
    },
    end: () => response.end(),
    cut: () => setImmediate(() => response.destroy()),
    json(body, status = 200) {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...(body as object) }));
    },
    closed: new Promise((resolve) => response.on('close', () => resolve())),
  };
}

function sendCard(address: AddressInfo, response: ServerResponse): void {
  const url = `http://127.0.0.1:${address.port}/agents/helper`;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ name: 'Helper', supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }] }));
}
