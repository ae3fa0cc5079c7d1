/** Stands before a server and passes everything on, until it is told to do otherwise. */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, request as startRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Fault =
  | { readonly type: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** The request is passed on; its answer is lost. */
  | { readonly type: 'lost-answer' }
  /** Nothing comes back, and nothing is passed on before `release`. */
  | { readonly type: 'held'; readonly release: Promise<unknown> };

export interface FaultFront {
  readonly url: string;
  /** Method and path of each request. */
  readonly requests: readonly string[];
  /** Decides about each request; `undefined` passes it on. */
  decide: ((request: { readonly line: string; readonly headers: IncomingMessage['headers'] }) => Fault | undefined) | undefined;
  nextRequest(): Promise<string>;
  /** Nobody listens at its address any more, until it is back there. */
  leave(): Promise<void>;
  comeBack(): Promise<void>;
}

interface TestLike {
  teardown(run: () => unknown): void;
}

export async function startFaultFront(t: TestLike, target: string): Promise<FaultFront> {
  const requests: string[] = [];
  const arrivals = new EventEmitter();

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const line = `${message.method ?? ''} ${message.url ?? ''}`;
    requests.push(line);
    arrivals.emit('request', line);
    const fault = front.decide?.({ line, headers: message.headers });
    if (fault?.type === 'status') {
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end(fault.body ?? '{}');
      return;
    }
    if (fault?.type === 'held') await fault.release;
    const { status, headers, body } = await passOn(target, message, Buffer.concat(chunks));
    if (fault?.type === 'lost-answer') response.destroy();
    else response.writeHead(status, headers).end(body);
  }

  const create = () =>
    createServer((message, response) => {
      void serve(message, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
    });
  let server = create();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const leave = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  t.teardown(leave);
  const front: FaultFront = {
    url: `http://127.0.0.1:${port}`,
    requests,
    decide: undefined,
    nextRequest: () => once(arrivals, 'request').then(([line]) => line as string),
    leave,
    async comeBack() {
      server = create();
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    },
  };
  return front;
}

interface Passed {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

function passOn(target: string, message: IncomingMessage, body: Buffer): Promise<Passed> {
  return new Promise((resolve, reject) => {
    const { connection: _, ...headers } = message.headers;
    const outgoing = startRequest(new URL(message.url ?? '/', target), { method: message.method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const kept = Object.entries(answer.headers).filter(([name]) => name.startsWith('x-') || name === 'content-type');
        resolve({
          status: answer.statusCode ?? 502,
          headers: Object.fromEntries(kept) as Record<string, string>,
          body: Buffer.concat(chunks),
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
