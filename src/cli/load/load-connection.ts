/**
 * One connection to the server under load: one request at a time, and what came for it.
 *
 * Owns: its socket. Does not own: the buffer, which all connections share, since what was read is dealt with before anything else is.
 */
import { connect as connectPlain, type OnReadOpts, type Socket, type TcpSocketConnectOpts } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { AnswerFrame, type AnswerSink } from './answer-frame.js';

export interface AnswerListener extends AnswerSink {
  /** The next bytes, before any are read as an answer. @returns whether they are a whole answer that needs no reading. */
  isKnown(bytes: Buffer): boolean;
  /** The answer has all come, `bytes` at once, or in several pieces. */
  onOver(bytes: Buffer | undefined): void;
  onFailure(problem: string): void;
}

export class LoadConnection {
  readonly #socket: Socket;
  readonly #nowMs: () => number;
  #listener: AnswerListener | undefined;
  #frame: AnswerFrame | undefined;
  #pieces = 0;
  #idleSinceMs = 0;
  #keepAliveMs = KEEP_ALIVE_MS;
  #isOpen = true;

  constructor(origin: URL, buffer: Buffer, nowMs: () => number) {
    this.#nowMs = nowMs;
    const host = origin.hostname.replace(/^\[|\]$/g, '');
    const onread: OnReadOpts = {
      buffer,
      callback: (length) => {
        this.#take(buffer.subarray(0, length));
        return true;
      },
    };
    const isSecure = origin.protocol === 'https:';
    const options = { host, port: Number(origin.port || (isSecure ? 443 : 80)), noDelay: true, onread } satisfies TcpSocketConnectOpts;
    // A name for the certificate; an address has none.
    this.#socket = isSecure
      ? connectSecure({ ...options, ...(/[a-z]/i.test(host) && !host.includes(':') ? { servername: host } : {}) })
      : connectPlain(options);
    this.#socket.on('error', (error: Error & { readonly code?: unknown }) =>
      this.#fail(typeof error.code === 'string' ? error.code : error.message),
    );
    this.#socket.on('end', () => this.#end());
    this.#socket.on('close', () => this.#end());
  }

  /** Whether it takes a request: nothing has closed it, and the server is not about to. */
  get isReady(): boolean {
    return this.#isOpen && (this.#idleSinceMs === 0 || this.#nowMs() - this.#idleSinceMs < this.#keepAliveMs);
  }

  send(request: string | Buffer, listener: AnswerListener): void {
    this.#listener = listener;
    this.#pieces = 0;
    this.#socket.write(request);
  }

  destroy(): void {
    this.#isOpen = false;
    this.#listener = undefined;
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    const listener = this.#listener;
    if (listener === undefined) {
      // Nothing was asked: a server that says why it closes, at most.
      this.destroy();
      return;
    }
    this.#pieces += 1;
    if (this.#pieces === 1 && listener.isKnown(bytes)) {
      this.#rest();
      listener.onOver(bytes);
      return;
    }
    try {
      this.#frame ??= new AnswerFrame(listener);
      if (!this.#frame.push(bytes, this.#nowMs())) return;
    } catch (error) {
      this.#fail((error as Error).message);
      return;
    }
    const { isReusable, keepAliveMs } = this.#frame;
    if (keepAliveMs !== undefined) this.#keepAliveMs = Math.max(0, keepAliveMs - KEEP_ALIVE_SPARE_MS);
    this.#rest();
    if (!isReusable) this.destroy();
    listener.onOver(this.#pieces === 1 && isReusable ? bytes : undefined);
  }

  #rest(): void {
    this.#frame = undefined;
    this.#listener = undefined;
    this.#idleSinceMs = this.#nowMs();
  }

  #end(): void {
    const listener = this.#listener;
    const isComplete = this.#frame?.end() === true;
    this.destroy();
    if (isComplete) listener?.onOver(undefined);
    else listener?.onFailure('connection closed');
  }

  #fail(problem: string): void {
    const listener = this.#listener;
    this.destroy();
    listener?.onFailure(problem);
  }
}

/** Where the server does not say how long it keeps an idle connection. */
const KEEP_ALIVE_MS = 4_000;
/** It may close it while a request is on its way. */
const KEEP_ALIVE_SPARE_MS = 1_000;
