import { type Clock, systemClock } from '../base/clock.js';
import { AppError } from '../base/errors.js';

/**
 * What a command may still take once somebody asked it to end, all of it together (CLI-52): to finish starting, to end what it does, to close.
 * What hangs, such as a write to a disk that is full, does not keep the process.
 */
export class StopBudget {
  readonly #budgetMs: number;
  readonly #clock: Clock;
  #endsAtMs: number | undefined;
  #onBegin: () => void = () => undefined;

  constructor(signal: AbortSignal, budgetMs: number, clock: Clock = systemClock) {
    this.#budgetMs = budgetMs;
    this.#clock = clock;
    if (signal.aborted) this.begin();
    else signal.addEventListener('abort', () => this.begin(), { once: true });
  }

  /** From now on it is used up; again changes nothing. */
  begin(): void {
    if (this.#endsAtMs !== undefined) return;
    this.#endsAtMs = this.#clock.monotonic() + this.#budgetMs;
    this.#onBegin();
  }

  /** The work's outcome; rejects when the budget is over before. One work at a time; each has a second at least. */
  async within<T>(work: Promise<T>): Promise<T> {
    const done = new AbortController();
    const late = new Promise<never>((_, reject) => {
      const count = () => {
        const leftMs = Math.max(LEAST_MS, (this.#endsAtMs ?? 0) - this.#clock.monotonic());
        this.#clock.sleep(leftMs, done.signal).then(
          () => reject(this.#late()),
          () => undefined,
        );
      };
      if (this.#endsAtMs === undefined) this.#onBegin = count;
      else count();
    });
    // What ends after that has nobody left to report to.
    work.catch(() => undefined);
    try {
      return await Promise.race([work, late]);
    } finally {
      this.#onBegin = () => undefined;
      done.abort();
    }
  }

  #late(): AppError {
    return new AppError('INTERNAL', {
      message: `shutting down took longer than ${this.#budgetMs} ms (server.shutdown_timeout_ms); ended with work under way, which another instance or the next start takes over`,
    });
  }
}

const LEAST_MS = 1_000;
