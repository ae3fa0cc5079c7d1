import type { ServerResponse } from 'node:http';
import type { ClientPresence } from './client-presence.js';
import { departedWriter } from './departed-writer.js';
import { checkHeaders, isBodyless } from './response-headers.js';
import type { HttpResponse, PlainResponse, StreamedResponse, StreamWriter } from './server.js';

/** Writes a response to node:http, while the client is there. */
export async function respond(outgoing: ServerResponse, presence: ClientPresence, method: string, response: HttpResponse): Promise<void> {
  checkHeaders(response.headers);
  if ('stream' in response) await respondStream(outgoing, presence, method, response);
  else respondPlain(outgoing, presence, response);
}

export function respondPlain(outgoing: ServerResponse, presence: ClientPresence, response: PlainResponse): void {
  if (!presence.isPresent || outgoing.headersSent) return;
  const length = isBodyless(response.status) ? {} : { 'content-length': String(Buffer.byteLength(response.body)) };
  outgoing.writeHead(response.status, { ...response.headers, ...length });
  outgoing.end(response.body);
}

async function respondStream(
  outgoing: ServerResponse,
  presence: ClientPresence,
  method: string,
  response: StreamedResponse,
): Promise<void> {
  if (presence.isPresent) outgoing.writeHead(response.status, response.headers);
  if (presence.isPresent && method === 'HEAD') outgoing.end();
  if (!presence.isPresent || method === 'HEAD') return response.stream(departedWriter());
  try {
    await response.stream(new NodeStreamWriter(outgoing, presence));
    if (presence.isPresent) outgoing.end();
  } catch (error) {
    outgoing.destroy();
    throw error;
  }
}

class NodeStreamWriter implements StreamWriter {
  readonly #outgoing: ServerResponse;
  readonly #presence: ClientPresence;
  #waiters: Array<() => void> = [];

  constructor(outgoing: ServerResponse, presence: ClientPresence) {
    this.#outgoing = outgoing;
    this.#presence = presence;
    outgoing.on('drain', () => this.#wake());
    presence.onGone(() => this.#wake());
  }

  get signal(): AbortSignal {
    return this.#presence.signal;
  }

  get bufferedBytes(): number {
    return this.#presence.isPresent ? this.#outgoing.writableLength : 0;
  }

  write(chunk: string | Uint8Array): boolean {
    return this.#presence.isPresent && this.#outgoing.write(chunk);
  }

  drained(): Promise<void> {
    if (!this.#presence.isPresent || !this.#outgoing.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}
