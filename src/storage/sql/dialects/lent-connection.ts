import { hasCode } from '../../../base/errors.js';

export interface LentConnectionOptions<Connection> {
  readonly connection: Connection;
  /** The driver's error in our words. */
  translate(error: unknown): unknown;
  /** Back to the pool. */
  release(): void;
  /** Closed at once, without a word to the server. */
  destroy(cause: unknown): void;
}

/**
 * A driver's connection in the hands of one user.
 *
 * Invariant: one that failed as unavailable (no answer in time, broken, called off by the server) is never asked
 * anything again, and is closed instead of going back to the pool: what it still has in the pipe is nobody's answer.
 */
export class LentConnection<Connection> {
  readonly #options: LentConnectionOptions<Connection>;
  #loss: unknown;

  constructor(options: LentConnectionOptions<Connection>) {
    this.#options = options;
  }

  async use<T>(call: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#loss !== undefined) throw this.#loss;
    try {
      return await call(this.#options.connection);
    } catch (cause) {
      const error = this.#options.translate(cause);
      if (hasCode(error, 'DATABASE_UNAVAILABLE')) this.abandon(error);
      throw error;
    }
  }

  abandon(cause: unknown): void {
    this.#loss ??= cause;
  }

  giveBack(): void {
    if (this.#loss === undefined) this.#options.release();
    else this.#options.destroy(this.#loss);
  }
}
