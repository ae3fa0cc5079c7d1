/**
 * Bytes of request bodies that have not arrived whole: who sent them is not known yet, so all of them together have a limit.
 *
 * Owns: the count. Does not own: the bytes, nor how long they may take.
 */
export class PendingBodies {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether there is room for them; counted if so. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false;
    this.#bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}
