import type { Certificates } from '../access/certificates.js';
import type { Clock } from '../base/clock.js';
import type { MaybePromise } from '../base/maybe-promise.js';

/**
 * The HTTP port: what the front needs of a server. Adapters: `uws-server.ts`, `node-server.ts`; both pass
 * `test/contract/http-server.ts`.
 */
export interface HttpRequest {
  /** Upper case. */
  readonly method: string;
  /** Path without the query, as sent (still percent-encoded). */
  readonly path: string;
  /** Raw query without '?', or ''. */
  readonly query: string;
  /** Lower-case names; repeated headers joined with ', '. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body; never larger than the limit. */
  readonly body: Buffer;
  readonly remoteAddress: string;
  /** Aborted when the client goes away before the response is finished. */
  readonly signal: AbortSignal;
}

export type HttpHeaders = Readonly<Record<string, string>>;

export interface PlainResponse {
  readonly status: number;
  /** Lower-case names. `connection: close` closes the connection after the response. */
  readonly headers: HttpHeaders;
  readonly body: string | Uint8Array;
}

export interface StreamedResponse {
  readonly status: number;
  readonly headers: HttpHeaders;
  /**
   * Writes the body over time; the response ends when the promise settles, a rejection cuts the connection.
   * Always called, also when the client has already gone (its signal is aborted then), so that it can let go of what it holds.
   */
  readonly stream: (writer: StreamWriter) => Promise<void>;
}

export type HttpResponse = PlainResponse | StreamedResponse;

export interface StreamWriter {
  /** Queues a chunk. False when the client is slow: await `drained()` before the next write. */
  write(chunk: string | Uint8Array): boolean;
  /** Resolves when the client took what was written, or has gone. */
  drained(): Promise<void>;
  /** Bytes queued that the client has not taken yet. */
  readonly bufferedBytes: number;
  /** Aborted when the client has gone or the server closes. */
  readonly signal: AbortSignal;
}

/** Must not throw; a throw becomes a bare 500. */
export type HttpHandler = (request: HttpRequest) => MaybePromise<HttpResponse>;

export interface HttpServerOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly handler: HttpHandler;
  readonly limits: HttpLimits;
  /** Answers what the server itself refuses (too large, bad request line), so that bodies look the same everywhere. */
  readonly refuse: (code: RefusalCode, request: Pick<HttpRequest, 'method' | 'path' | 'headers'>) => PlainResponse;
  /** Connections are encrypted; not by every adapter. Default: they are not. */
  readonly tls?: Certificates | undefined;
  /** Default: the system's. */
  readonly clock?: Clock;
}

export type RefusalCode =
  | 'HTTP_BODY_TOO_LARGE'
  | 'HTTP_TOO_MANY_BODIES'
  | 'HTTP_HEADERS_TOO_LARGE'
  | 'HTTP_REQUEST_TIMEOUT'
  | 'REQUEST_INVALID';

export interface HttpLimits {
  /** Default 10 MiB. */
  readonly maxBodyBytes: number;
  /** Of all requests that have not arrived whole. Default 256 MiB. */
  readonly maxPendingBodyBytes: number;
  /** Default 16 KiB. */
  readonly maxHeaderBytes: number;
  /** How long a client may take to send its request, milliseconds. Default 30,000. */
  readonly requestTimeoutMs: number;
}

export interface HttpServer {
  /** The port it listens on. */
  readonly port: number;
  /** Stops accepting connections; requests under way go on. */
  stopListening(): void;
  /** Ends every connection. Safe to call twice. */
  close(): Promise<void>;
}
