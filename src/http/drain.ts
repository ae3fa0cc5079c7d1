/**
 * The graceful end of a front.
 *
 * Owns: which requests are under way, which streams are open, and whether new ones are let in. Does not own: runs; they go on,
 * here or on another instance, whatever happens to the connection that started them.
 * 0. First a grace period in which everything is served as before, but readiness says no: whoever balances by readiness goes
 *    elsewhere before anything is refused. Answers close their connections, so that none is kept alive into the drain.
 * 1. Once draining, every new request is refused, also on connections that were kept alive.
 * 2. A stream is told to reconnect when the listener has closed, not before: it would come back here. Then at once: its cursor continues on another instance.
 * 3. A request still unanswered when the budget ends is answered 503; sending the same message again finds the same task (R11).
 */
import type { Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import type { MaybePromise } from '../base/maybe-promise.js';
import { Roll, type RollMember } from '../base/roll.js';
import { departedWriter } from './departed-writer.js';
import type { errorResponse } from './error-response.js';
import type { HttpResponse, HttpServer, PlainResponse } from './server.js';

export interface DrainTimes {
  /** Grace period before anything is refused, milliseconds; 0 = none. */
  readonly delayMs: number;
  /** For what is under way then, milliseconds. */
  readonly budgetMs: number;
}

export class Drain {
  readonly #requests = new Roll<UnderWay>();
  readonly #streams = new Set<(retryMs: number) => void>();
  #finished: Promise<void> | undefined;
  #isDraining = false;
  #onQuiet: (() => void) | undefined;

  /** The end is decided; nothing more is sent here by whoever asks for readiness. */
  get isLeaving(): boolean {
    return this.#finished !== undefined;
  }

  /** Nobody is let in any more. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Runs one request; resolves with its response, or with 503 in the given shape when the budget ends first. */
  admit(run: () => MaybePromise<HttpResponse>, shape: ErrorShape): MaybePromise<HttpResponse> {
    if (this.isDraining) return drainingResponse(shape);
    const running = run();
    // Nothing is under way.
    if (!(running instanceof Promise)) return running;
    return new Promise((resolve, reject) => {
      let isAbandoned = false;
      const request: UnderWay = {
        place: 0,
        abandon: () => {
          isAbandoned = true;
          resolve(drainingResponse(shape));
        },
      };
      this.#requests.add(request);
      running.then(
        (response) => {
          this.#leave(this.#requests, request);
          resolve(response);
          // Nobody will read this stream: let it go of its subscription.
          if (isAbandoned && 'stream' in response) response.stream(departedWriter()).catch(reject);
        },
        (error: unknown) => {
          this.#leave(this.#requests, request);
          reject(error);
        },
      );
    });
  }

  /** Registers an open stream; the result withdraws it. */
  openStream(reconnect: (retryMs: number) => void): () => void {
    this.#streams.add(reconnect);
    if (this.isDraining) reconnect(retryDelayMs());
    return () => this.#leave(this.#streams, reconnect);
  }

  /** Waits for the grace period, drains, then closes the server. Further calls wait for the first. */
  run(server: HttpServer, clock: Clock, times: DrainTimes): Promise<void> {
    this.#finished ??= this.#drain(server, clock, times);
    return this.#finished;
  }

  async #drain(server: HttpServer, clock: Clock, { delayMs, budgetMs }: DrainTimes): Promise<void> {
    if (delayMs > 0) await clock.sleep(delayMs);
    this.#isDraining = true;
    server.stopListening();
    // After this turn, so that `isDraining` holds for a stream that opens meanwhile.
    await clock.sleep(0);
    for (const reconnect of [...this.#streams]) reconnect(retryDelayMs());
    await this.#quiet(clock, budgetMs);
    for (const { abandon } of this.#requests.list()) abandon();
    await clock.sleep(FLUSH_MS);
    await server.close();
  }

  /** Resolves when nothing is under way, or when the budget is used up. */
  async #quiet(clock: Clock, budgetMs: number): Promise<void> {
    const endsAt = clock.monotonic() + budgetMs;
    while (this.#requests.size + this.#streams.size > 0 && clock.monotonic() < endsAt) {
      await new Promise<void>((resolve) => {
        const cancel = clock.after(endsAt - clock.monotonic(), resolve);
        this.#onQuiet = () => {
          cancel();
          resolve();
        };
      });
      this.#onQuiet = undefined;
      // An answered request may be about to open its stream.
      await clock.sleep(0);
    }
  }

  #leave<T>(members: { delete(member: T): void }, member: T): void {
    members.delete(member);
    if (this.#requests.size + this.#streams.size === 0) this.#onQuiet?.();
  }
}

interface UnderWay extends RollMember {
  readonly abandon: () => void;
}

type ErrorShape = typeof errorResponse;

function drainingResponse(shape: ErrorShape): PlainResponse {
  const response = shape(
    new AppError('HTTP_DRAINING', {
      message: 'this server is shutting down: send the request again, another instance will answer',
      retryAfterMs: 1_000,
    }),
  );
  return { ...response, headers: { ...response.headers, connection: 'close' } };
}

/** Spread out, so that a restart does not bring every client back in the same instant. */
function retryDelayMs(): number {
  return Math.random() * MAX_RETRY_MS;
}

/** A cursor makes the gap no loss, only a silence: short enough that nobody notices. */
const MAX_RETRY_MS = 300;
/** For the last responses to leave the machine before connections are cut. */
const FLUSH_MS = 50;
