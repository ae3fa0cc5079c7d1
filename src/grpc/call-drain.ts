/**
 * The graceful end of the gRPC server.
 *
 * Owns: which calls are under way and whether new ones are let in. Does not own: runs; they go on whatever happens to a call.
 * 1. Once draining, new calls are refused, also on connections that are open already.
 * 2. Streams end at once with UNAVAILABLE and a retry delay: their cursor continues on another instance.
 * 3. Unary calls finish; those still unanswered when the budget ends get UNAVAILABLE too, and sending the same message again finds
 *    the same task (R11).
 */
import type { Server } from '@grpc/grpc-js';
import type { Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';

export interface OpenCall {
  /** The server begins to drain. */
  drain(reason: AppError): void;
  /** The budget is used up. */
  abandon(reason: AppError): void;
}

export class CallDrain {
  readonly #calls = new Set<OpenCall>();
  #finished: Promise<void> | undefined;

  /** Registers a call; the result takes it out. Throws when no call is let in any more. */
  enter(call: OpenCall): () => void {
    if (this.#finished !== undefined) throw drainingError();
    this.#calls.add(call);
    return () => this.#calls.delete(call);
  }

  /** Further calls wait for the first. */
  run(server: Server, clock: Clock, budgetMs: number): Promise<void> {
    this.#finished ??= this.#drain(server, clock, budgetMs);
    return this.#finished;
  }

  async #drain(server: Server, clock: Clock, budgetMs: number): Promise<void> {
    // After this turn, so that `enter` refuses what comes meanwhile.
    await clock.sleep(0);
    for (const call of [...this.#calls]) call.drain(drainingError());
    await new Promise<void>((resolve) => {
      const cancel = clock.after(budgetMs, resolve);
      // Answers once every connection is closed, which clients do when their last call has ended.
      server.tryShutdown(() => {
        cancel();
        resolve();
      });
    });
    if (this.#calls.size > 0) {
      for (const call of [...this.#calls]) call.abandon(drainingError());
      await clock.sleep(FLUSH_MS);
    }
    server.forceShutdown();
  }
}

function drainingError(): AppError {
  return new AppError('HTTP_DRAINING', {
    message: 'this server is shutting down: send the request again, another instance will answer',
    // Spread out, so that a restart does not bring every client back in the same instant.
    retryAfterMs: Math.round(500 + Math.random() * 1_000),
  });
}

/** For the last answers to leave the machine before connections are cut. */
const FLUSH_MS = 50;
