/**
 * How many bytes of text one request may have: less after it was too large, more again while all goes well. Owns that number, per embedder.
 * A refusal of what was taken before is a whim of the service, and counts only when it comes again and again.
 */
export class RequestSize {
  #maxBytes = MOST_BYTES;
  #takenBytes = 0;

  get maxBytes(): number {
    return this.#maxBytes;
  }

  wasTooLarge(bytes: number): void {
    if (bytes > this.#takenBytes) this.#maxBytes = Math.max(LEAST_BYTES, Math.min(this.#maxBytes, Math.floor(bytes * SHRINK)));
    this.#takenBytes *= FORGET;
  }

  wentWell(bytes: number): void {
    this.#takenBytes = Math.max(this.#takenBytes, bytes);
    if (bytes * 2 > this.#maxBytes) this.#maxBytes = Math.min(MOST_BYTES, Math.ceil(this.#maxBytes * GROW));
  }
}

/** OpenAI takes 300,000 tokens; at less than two bytes per token a request is split when it is refused. */
const MOST_BYTES = 512 * 1024;
const LEAST_BYTES = 1_024;
const SHRINK = 0.75;
const GROW = 1.1;
const FORGET = 0.9;
