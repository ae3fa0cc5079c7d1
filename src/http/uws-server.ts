/**
 * The HTTP port over uWebSockets.js.
 *
 * Owns: the listening socket, and each request until its handler runs. Does not own: routes, responses' content.
 * Left to uWS, with no say of ours:
 * - it cuts, without an answer, a connection that has not sent complete headers within about ten seconds (a request without
 *   `Host` or with more than 100 headers counts as incomplete), or whose body comes slower than 16 KB/s;
 * - it answers malformed requests and HTTP/1.0 itself, with an HTML line;
 * - it treats a half-closed client as gone, and closes a connection that pipelines a request behind an unanswered one.
 * A response may take as long as it likes: no timer of uWS runs while we owe the answer and no bytes wait for the client.
 */

import type { TemplatedApp, HttpRequest as UwsRawRequest, HttpResponse as UwsRawResponse, us_listen_socket } from 'uWebSockets.js';
import { createServer } from 'node:net';
import { type CancelTimer, systemClock } from '../base/clock.js';
import { andThen } from '../base/maybe-promise.js';
import { ClientPresence } from './client-presence.js';
import { listenError } from './listen-error.js';
import { loadUws, type Uws } from './load-uws.js';
import { PendingBodies } from './pending-bodies.js';
import type { HttpLimits, HttpServer, HttpServerOptions, PlainResponse, RefusalCode } from './server.js';
import { UwsRequest } from './uws-request.js';
import { respond, respondPlain } from './uws-respond.js';

export async function startUwsServer(options: HttpServerOptions): Promise<HttpServer> {
  const uws = await loadUws(options.limits.maxHeaderBytes);
  const app = uws.App();
  const pending = new PendingBodies(options.limits.maxPendingBodyBytes);
  app.any('/*', (raw, request) => accept(raw, request, options, pending));
  const socket = listen(uws, app, options);
  if (socket === false) {
    app.close();
    throw listenError(options.host, options.port, await findListenFailure(options.host, options.port));
  }
  return new UwsServer(uws, app, socket);
}

class UwsServer implements HttpServer {
  readonly port: number;
  readonly #uws: Uws;
  readonly #app: TemplatedApp;
  #socket: us_listen_socket | undefined;
  #isClosed = false;

  constructor(uws: Uws, app: TemplatedApp, socket: us_listen_socket) {
    this.#uws = uws;
    this.#app = app;
    this.#socket = socket;
    this.port = uws.us_socket_local_port(socket as never);
  }

  stopListening(): void {
    if (this.#socket !== undefined) this.#uws.us_listen_socket_close(this.#socket);
    this.#socket = undefined;
  }

  async close(): Promise<void> {
    this.stopListening();
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#app.close();
  }
}

function accept(raw: UwsRawResponse, rawRequest: UwsRawRequest, options: HttpServerOptions, pending: PendingBodies): void {
  const presence = new ClientPresence();
  raw.onAborted(() => presence.leave());
  const request = new UwsRequest(rawRequest, raw, presence);
  const fault = findFault(request, options.limits);
  if (fault !== undefined) refuse(raw, presence, request, options, fault);
  else if (request.hasBody) collectBody(raw, presence, request, options, pending);
  else serve(raw, presence, request, options);
}

function findFault(request: UwsRequest, limits: HttpLimits): RefusalCode | undefined {
  if (request.isAmbiguous) return 'REQUEST_INVALID';
  if (request.headBytes > limits.maxHeaderBytes) return 'HTTP_HEADERS_TOO_LARGE';
  return Number(request.headers['content-length'] ?? 0) > limits.maxBodyBytes ? 'HTTP_BODY_TOO_LARGE' : undefined;
}

function collectBody(
  raw: UwsRawResponse,
  presence: ClientPresence,
  request: UwsRequest,
  options: HttpServerOptions,
  pending: PendingBodies,
): void {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let counted = 0;
  let cancelTimeout: CancelTimer | undefined;
  const end = () => {
    cancelTimeout?.();
    pending.give(counted);
    counted = 0;
  };
  const giveUp = (code: RefusalCode) => {
    end();
    chunks = [];
    refuse(raw, presence, request, options, code);
  };
  presence.onGone(end);
  raw.onData((chunk, isLast) => {
    if (!presence.isPresent) return;
    bytes += chunk.byteLength;
    if (bytes > options.limits.maxBodyBytes) {
      giveUp('HTTP_BODY_TOO_LARGE');
      return;
    }
    if (!pending.take(chunk.byteLength)) {
      giveUp('HTTP_TOO_MANY_BODIES');
      return;
    }
    counted += chunk.byteLength;
    // A copy: the memory behind `chunk` is taken back when this returns.
    if (chunk.byteLength > 0) chunks.push(Buffer.from(new Uint8Array(chunk)));
    if (!isLast) {
      cancelTimeout ??= (options.clock ?? systemClock).after(options.limits.requestTimeoutMs, () => giveUp('HTTP_REQUEST_TIMEOUT'));
      return;
    }
    end();
    request.body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes);
    serve(raw, presence, request, options);
  });
}

/**
 * Answers at once. After a body that there is no room for the connection stays open: uWS reads and drops the rest without keeping it
 * (for about ten seconds), so that a client which writes everything before it reads still gets the answer.
 */
function refuse(raw: UwsRawResponse, presence: ClientPresence, request: UwsRequest, options: HttpServerOptions, code: RefusalCode): void {
  const response = options.refuse(code, request);
  const staysOpen = code === 'HTTP_BODY_TOO_LARGE' || code === 'HTTP_TOO_MANY_BODIES';
  const headers = staysOpen ? response.headers : { ...response.headers, connection: 'close' };
  respondPlain(raw, presence, request.method, { ...response, headers });
}

/** Never fails: nobody above could do anything about it. */
function serve(raw: UwsRawResponse, presence: ClientPresence, request: UwsRequest, options: HttpServerOptions): void {
  // The handler reports its own failures; what reaches this can only be answered.
  const fail = () => respondPlain(raw, presence, request.method, BARE_500);
  try {
    const served = andThen(options.handler(request), (response) => respond(raw, presence, request.method, response));
    if (served instanceof Promise) served.catch(fail);
  } catch {
    fail();
  }
}

function listen(uws: Uws, app: TemplatedApp, options: HttpServerOptions): us_listen_socket | false {
  let socket: us_listen_socket | false = false;
  // Exclusive: without it a second server shares the port (SO_REUSEPORT) and silently takes half of the connections.
  const exclusive = (uws as unknown as { LIBUS_LISTEN_EXCLUSIVE_PORT: number }).LIBUS_LISTEN_EXCLUSIVE_PORT;
  (app as unknown as ListenWithOptions).listen(options.host, options.port, exclusive, (opened) => {
    socket = opened;
  });
  return socket;
}

/** The library's typings leave out this form. */
interface ListenWithOptions {
  listen(host: string, port: number, options: number, opened: (socket: us_listen_socket | false) => void): unknown;
}

/** uWS does not say why it could not listen; asking the system again does. */
function findListenFailure(host: string, port: number): Promise<unknown> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
}

const BARE_500: PlainResponse = { status: 500, headers: {}, body: '' };
