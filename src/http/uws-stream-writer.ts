import type { HttpResponse as UwsRawResponse } from 'uWebSockets.js';
import type { ClientPresence } from './client-presence.js';
import type { StreamWriter } from './server.js';

/**
 * Writes one streamed body to uWS.
 *
 * Owns: the chunks that uWS has not been given yet, and the response's end. Does not own: when the stream is over.
 * 1. Nothing is handed to uWS while it reports back-pressure: its own buffer has no limit and no length we could ask for.
 *    It may hold one piece (16 KiB) more than the socket took.
 * 2. uWS flushes its own buffer only inside a write once `onWritable` is registered; an empty `cork` does that.
 * 3. While bytes wait, uWS cuts a client that takes nothing for about ten seconds.
 */
export class UwsStreamWriter implements StreamWriter {
  readonly #response: UwsRawResponse;
  readonly #presence: ClientPresence;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #isBlocked = false;
  #waiters: Array<() => void> = [];
  #writeHead: (() => void) | undefined;

  /** The head leaves in one packet with the first chunk. */
  constructor(response: UwsRawResponse, presence: ClientPresence, writeHead: () => void) {
    this.#response = response;
    this.#presence = presence;
    this.#writeHead = writeHead;
    response.onWritable(() => {
      if (presence.isPresent) response.cork(() => this.#pump());
      return true;
    });
    presence.onGone(() => {
      this.#queue = [];
      this.#queuedBytes = 0;
      this.#wake();
    });
  }

  get signal(): AbortSignal {
    return this.#presence.signal;
  }

  get bufferedBytes(): number {
    return this.#queuedBytes;
  }

  write(chunk: string | Uint8Array): boolean {
    if (!this.#presence.isPresent) return false;
    if (!this.#isBlocked && chunk.length <= SMALL_CHUNK) {
      let accepted = true;
      this.#response.cork(() => {
        this.#beginOnce();
        accepted = this.#response.write(chunk);
      });
      this.#isBlocked = !accepted;
      return accepted;
    }
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (!this.#isBlocked) this.#response.cork(() => this.#pump());
    return !this.#isBlocked;
  }

  drained(): Promise<void> {
    if (!this.#isBlocked || !this.#presence.isPresent) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Ends the response once the client took what waits. */
  async end(): Promise<void> {
    await this.drained();
    if (!this.#presence.isPresent) return;
    this.#presence.serve();
    this.#response.cork(() => {
      this.#beginOnce();
      this.#response.end();
    });
  }

  #beginOnce(): void {
    this.#writeHead?.();
    this.#writeHead = undefined;
  }

  #pump(): void {
    if (this.#queue.length > 0) this.#beginOnce();
    this.#isBlocked = false;
    while (!this.#isBlocked) {
      const next = this.#queue[0];
      if (next === undefined) break;
      const piece = next.subarray(0, PIECE_BYTES);
      if (piece.length === next.length) this.#queue.shift();
      else this.#queue[0] = next.subarray(PIECE_BYTES);
      this.#queuedBytes -= piece.length;
      // False means: taken, but the socket is full.
      this.#isBlocked = !this.#response.write(piece);
    }
    if (!this.#isBlocked) this.#wake();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}

const PIECE_BYTES = 16 * 1024;
/** Characters; at most three bytes each, so still within one piece. */
const SMALL_CHUNK = 5 * 1024;
