/**
 * How many bytes of documents this process holds at once between reading and extraction.
 *
 * Owns: what is reserved. Who wants more than is left waits, first come, first served; one who wants more than there is at all waits
 * until nobody else has any.
 */
import { abortError } from '../base/abort.js';

interface Waiting {
  readonly bytes: number;
  readonly start: () => void;
}

export class ByteBudget {
  readonly #limit: number;
  #used = 0;
  readonly #waiting: Waiting[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  async hold<T>(bytes: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const wanted = Math.min(bytes, this.#limit);
    await this.#reserve(wanted, signal);
    try {
      return await work();
    } finally {
      this.#used -= wanted;
      this.#startNext();
    }
  }

  #reserve(bytes: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(abortError(signal));
    if (this.#waiting.length === 0 && this.#used + bytes <= this.#limit) {
      this.#used += bytes;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(abortError(signal));
        this.#startNext();
      };
      const waiting: Waiting = {
        bytes,
        start: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiting);
    });
  }

  #startNext(): void {
    for (let [first] = this.#waiting; first !== undefined && this.#used + first.bytes <= this.#limit; [first] = this.#waiting) {
      this.#waiting.shift();
      this.#used += first.bytes;
      first.start();
    }
  }
}
