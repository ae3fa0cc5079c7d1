import { AppError } from '../base/errors.js';

/**
 * How many streams each caller has open.
 *
 * Owns: the counts. Holds one entry per caller with an open stream, so it is as large as the number of streams at most.
 */
export class StreamQuota {
  readonly #limit: number;
  readonly #open = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts one more open stream; the result ends it and may be called twice. @throws AppError `HTTP_TOO_MANY_STREAMS` */
  acquire(subject: string): () => void {
    this.#check(subject);
    this.#open.set(subject, (this.#open.get(subject) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = (this.#open.get(subject) ?? 1) - 1;
      if (left === 0) this.#open.delete(subject);
      else this.#open.set(subject, left);
    };
  }

  #check(subject: string): void {
    if ((this.#open.get(subject) ?? 0) < this.#limit) return;
    throw new AppError('HTTP_TOO_MANY_STREAMS', {
      message: `this caller has ${this.#limit} open streams, as many as server.limits.max_streams_per_caller allows: close one first`,
      retryAfterMs: RETRY_AFTER_MS,
    });
  }
}

const RETRY_AFTER_MS = 1_000;
