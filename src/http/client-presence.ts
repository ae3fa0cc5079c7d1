/**
 * Whether the client of one request is still there.
 *
 * Owns: the request's abort signal, made only when somebody asks for it (most requests never do).
 * Does not own: the connection.
 */
export class ClientPresence {
  #state: 'present' | 'gone' | 'served' = 'present';
  #controller: AbortController | undefined;
  #onGone: (() => void) | undefined;

  get isGone(): boolean {
    return this.#state === 'gone';
  }

  /** True until the client has gone or was served: only then may the response be written to. */
  get isPresent(): boolean {
    return this.#state === 'present';
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.isGone) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  /** One callback, for whoever writes the response. */
  onGone(run: () => void): void {
    this.#onGone = run;
  }

  /** The connection has closed. Without meaning once the response is complete. */
  leave(): void {
    if (this.#state !== 'present') return;
    this.#state = 'gone';
    this.#controller?.abort();
    this.#onGone?.();
  }

  /** The response is complete. */
  serve(): void {
    if (this.#state === 'present') this.#state = 'served';
  }
}
