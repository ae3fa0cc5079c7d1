/**
 * A real HTTP server that keeps vectors as a service does, by that service's published API: it refuses what the service refuses, answers in its
 * words, and searches by looking at everything. Each service's own part is a `PeerService`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PeerRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

export interface PeerReply {
  readonly status: number;
  readonly json: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a request is refused with. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface PeerService {
  readonly maxBytes: number;
  handle(request: PeerRequest): PeerReply;
  /** How the service says that it refuses. */
  refuse(refusal: Refusal): PeerReply;
}

interface TestLike {
  teardown(run: () => unknown): void;
}

export async function startVectorPeer(t: TestLike, service: PeerService): Promise<{ readonly url: string }> {
  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks);
    const { status, json, headers } = answer(message, text);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(json === undefined ? '' : JSON.stringify(json));
  }

  function answer(message: IncomingMessage, text: Buffer): PeerReply {
    try {
      if (text.length > service.maxBytes) throw new Refusal(413, 'payload too large');
      if (text.length > 0 && message.headers['content-type'] !== 'application/json') throw new Refusal(415, 'content-type');
      const url = new URL(message.url ?? '/', 'http://peer');
      const body: unknown = text.length === 0 ? undefined : JSON.parse(text.toString('utf8'));
      return service.handle({ method: message.method ?? '', path: url.pathname, query: url.searchParams, headers: message.headers, body });
    } catch (error) {
      return service.refuse(error instanceof Refusal ? error : new Refusal(400, String(error)));
    }
  }

  const server = createServer((message, response) => {
    void serve(message, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
