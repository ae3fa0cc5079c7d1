/**
 * The HTTP port over node:http, for machines where uWebSockets.js does not load.
 *
 * Owns: the listening server, and each request until its handler runs. Does not own: routes, responses' content.
 * Kept equal to the uWS adapter on purpose: a half-closed client counts as gone, an early refusal still reads and drops the rest
 * of the body, and a client that takes nothing while bytes wait for it is cut.
 */
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { CertificateFiles, Certificates } from '../access/certificates.js';
import { ClientPresence } from './client-presence.js';
import { listenError } from './listen-error.js';
import { respond, respondPlain } from './node-respond.js';
import { PendingBodies } from './pending-bodies.js';
import type { HttpRequest, HttpServer, HttpServerOptions, PlainResponse, RefusalCode } from './server.js';

export async function startNodeServer(options: HttpServerOptions): Promise<HttpServer> {
  const { requestTimeoutMs, maxHeaderBytes } = options.limits;
  const server = open(options.tls, {
    maxHeaderSize: maxHeaderBytes,
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    keepAliveTimeout: IDLE_MS,
    connectionsCheckingInterval: Math.max(20, Math.min(1000, requestTimeoutMs / 4)),
  });
  const pending = new PendingBodies(options.limits.maxPendingBodyBytes);
  const unanswered = new WeakMap<Socket, Map<ServerResponse, ClientPresence>>();
  server.on('request', (incoming, outgoing) => {
    const { socket } = incoming;
    let responses = unanswered.get(socket);
    if (responses === undefined) {
      const created = new Map<ServerResponse, ClientPresence>();
      responses = created;
      unanswered.set(socket, created);
      // A response that waits behind an earlier one on its connection is not told by node that the connection has closed.
      socket.once('close', () => {
        for (const presence of created.values()) presence.leave();
      });
    }
    const presence = new ClientPresence();
    responses.set(outgoing, presence);
    outgoing.once('close', () => responses.delete(outgoing));
    accept(incoming, outgoing, presence, options, pending);
  });
  server.on('clientError', (error, socket) => {
    const hasBegun = [...(unanswered.get(socket as Socket)?.keys() ?? [])].some((outgoing) => outgoing.headersSent);
    if (hasBegun || !socket.writable || isHandshake(error, options)) socket.destroy();
    else refuseBroken(error, socket as Socket, options);
  });
  // Fires after silence in both directions: a connection without a request, or one whose client takes nothing, is closed;
  // a response that merely takes long is left alone.
  server.setTimeout(IDLE_MS, (socket) => {
    if ((unanswered.get(socket)?.size ?? 0) === 0 || socket.writableLength > 0) socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(options.host, options.port, cause)));
    server.listen({ host: options.host, port: options.port, exclusive: true }, resolve);
  });
  return new NodeServer(server);
}

function open(certificates: Certificates | undefined, options: ServerOptions): Server {
  if (certificates === undefined) return createServer(options);
  const { current, minVersion } = certificates;
  const wantsClients = current.ca !== undefined;
  const server = createTlsServer({
    ...options,
    ...contextOf(current),
    minVersion: `TLSv${minVersion}`,
    requestCert: wantsClients,
    rejectUnauthorized: wantsClients,
    handshakeTimeout: options.requestTimeout,
  });
  const stop = certificates.onChange((files) => server.setSecureContext({ ...contextOf(files), minVersion: `TLSv${minVersion}` }));
  server.once('close', stop);
  return server;
}

function contextOf({ cert, key, ca }: CertificateFiles) {
  return { cert, key, ...(ca === undefined ? {} : { ca }) };
}

/** Whoever has not come so far as to speak HTTP understands no answer of ours. */
function isHandshake(error: NodeJS.ErrnoException, { tls }: HttpServerOptions): boolean {
  return tls !== undefined && error.code !== 'ERR_HTTP_REQUEST_TIMEOUT' && !(error.code ?? '').startsWith('HPE_');
}

class NodeServer implements HttpServer {
  readonly port: number;
  readonly #server: Server;
  #closed: Promise<void> | undefined;

  constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  stopListening(): void {
    this.#closed ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  close(): Promise<void> {
    this.stopListening();
    this.#server.closeAllConnections();
    return this.#closed as Promise<void>;
  }
}

function accept(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  presence: ClientPresence,
  options: HttpServerOptions,
  pending: PendingBodies,
): void {
  outgoing.once('close', () => (outgoing.writableFinished ? presence.serve() : presence.leave()));
  // A connection that breaks is reported by 'close'.
  outgoing.on('error', () => {});
  incoming.on('error', () => {});
  const request = copyRequest(incoming, presence);
  const refuse = (code: RefusalCode) => {
    respondPlain(outgoing, presence, options.refuse(code, request));
    incoming.resume();
  };
  if (Number(request.headers['content-length'] ?? 0) > options.limits.maxBodyBytes) {
    refuse('HTTP_BODY_TOO_LARGE');
    return;
  }
  let chunks: Buffer[] = [];
  let bytes = 0;
  let isRefused = false;
  const forget = () => {
    pending.give(bytes);
    bytes = 0;
  };
  const giveUp = (code: RefusalCode) => {
    isRefused = true;
    chunks = [];
    forget();
    refuse(code);
  };
  // However it ends, with its connection too.
  incoming.once('close', forget);
  incoming.on('data', (chunk: Buffer) => {
    if (isRefused) return;
    if (bytes + chunk.length > options.limits.maxBodyBytes) return giveUp('HTTP_BODY_TOO_LARGE');
    if (!pending.take(chunk.length)) return giveUp('HTTP_TOO_MANY_BODIES');
    bytes += chunk.length;
    chunks.push(chunk);
  });
  incoming.on('end', () => {
    if (isRefused || !presence.isPresent) return;
    request.body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes);
    forget();
    void serve(outgoing, presence, request, options);
  });
}

/** Never rejects: nobody above could do anything about it. */
async function serve(outgoing: ServerResponse, presence: ClientPresence, request: HttpRequest, options: HttpServerOptions): Promise<void> {
  try {
    await respond(outgoing, presence, request.method, await options.handler(request));
  } catch {
    // The handler reports its own failures; what reaches this line can only be answered.
    respondPlain(outgoing, presence, BARE_500);
  }
}

function copyRequest(incoming: IncomingMessage, presence: ClientPresence): HttpRequest & { body: Buffer } {
  const url = Buffer.from(incoming.url ?? '/', 'latin1').toString('utf8');
  const mark = url.indexOf('?');
  const headers: Record<string, string> = {};
  // Not `incoming.headers`: that drops some repeated headers and makes a list of others.
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    const name = (incoming.rawHeaders[index] as string).toLowerCase();
    const value = incoming.rawHeaders[index + 1] as string;
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return new NodeRequest(
    {
      method: incoming.method ?? 'GET',
      path: mark === -1 ? url : url.slice(0, mark),
      query: mark === -1 ? '' : url.slice(mark + 1),
      headers,
      remoteAddress: (incoming.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    },
    presence,
  );
}

/** A class, as a getter in an object literal costs a shape for each object. */
class NodeRequest implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly remoteAddress: string;
  body: Buffer = NO_BODY;
  readonly #presence: ClientPresence;

  constructor({ method, path, query, headers, remoteAddress }: Omit<HttpRequest, 'body' | 'signal'>, presence: ClientPresence) {
    this.method = method;
    this.path = path;
    this.query = query;
    this.headers = headers;
    this.remoteAddress = remoteAddress;
    this.#presence = presence;
  }

  get signal(): AbortSignal {
    return this.#presence.signal;
  }
}

/** What llhttp could not read, or what took too long: there is no response object, only the socket. */
function refuseBroken(error: NodeJS.ErrnoException, socket: Socket, options: HttpServerOptions): void {
  const { status, headers, body } = options.refuse(refusalOf(error.code), { method: '', path: '', headers: {} });
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' });
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  socket.end(body);
}

function refusalOf(code: string | undefined): RefusalCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'HTTP_HEADERS_TOO_LARGE';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'HTTP_REQUEST_TIMEOUT' : 'REQUEST_INVALID';
}

const NO_BODY = Buffer.alloc(0);
/** As uWS has it. */
const IDLE_MS = 10_000;
const BARE_500: PlainResponse = { status: 500, headers: {}, body: '' };
