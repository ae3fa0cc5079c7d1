import { AppError } from '../../../base/errors.js';

/** First come, first served turn at SQLite's one writing connection within this process. */
export class WriteLock {
  readonly #waiting: (() => void)[] = [];
  #held = false;

  get isHeld(): boolean {
    return this.#held;
  }

  /** @returns the release, to be called once. */
  async acquire(): Promise<() => void> {
    if (this.#held) {
      if (this.#waiting.length >= MAX_WAITING) throw new AppError('DATABASE_BUSY', { retryAfterMs: 1_000 });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#held = true;
    return () => this.#release();
  }

  /** Hands the turn over without letting go of it in between, so that no newcomer slips past the queue. */
  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#held = false;
    else next();
  }
}

const MAX_WAITING = 10_000;
