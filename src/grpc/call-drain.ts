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
    // Comes once every connection is closed, which each is when its last call has ended.
    const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    await within(clock, budgetMs, closed);
    if (this.#calls.size > 0) {
      for (const call of [...this.#calls]) call.abandon(drainingError());
      // Cut before their status has left, calls would end in INTERNAL, as if they could not be sent again.
      await within(clock, FLUSH_MS, closed);
    }
    server.forceShutdown();
  }
}

function within(clock: Clock, limitMs: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(limitMs, resolve);
    void work.then(() => {
      cancel();
      resolve();
    });
  });
}

function drainingError(): AppError {
  return new AppError('HTTP_DRAINING', {
    message: 'this server is shutting down: send the request again, another instance will answer',
    // Spread out, so that a restart does not bring every client back in the same instant.
    retryAfterMs: Math.round(500 + Math.random() * 1_000),
  });
}

/** For the last answers to leave the machine before connections are cut; a machine that is busy takes its time. */
const FLUSH_MS = 2_000;
