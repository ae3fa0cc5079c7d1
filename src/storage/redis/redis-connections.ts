/**
 * The connections of one process.
 *
 * Owns: opening and closing them. Does not own: what runs on them.
 * - `main` for short commands: fails within about 2.5 s of an outage (5 s when Redis hangs) instead of waiting for ever.
 * - `subscriber` only listens; a probe finds it dead when the network swallows it silently.
 * - `forQueue()` and `forWorker()` are what BullMQ takes as `connection`; it does not close them, `close()` here does.
 *   A worker waits for Redis however long it takes, an `add()` does not.
 */
import type { Redis, RedisOptions } from 'ioredis';
import type { CancelTimer, Clock } from '../../base/clock.js';

export class RedisConnections {
  readonly main: Redis;
  readonly subscriber: Redis;
  readonly #open: (purpose: string, overrides: RedisOptions) => Redis;
  readonly #opened = new Set<Redis>();
  readonly #clock: Clock;
  readonly #stopProbe: CancelTimer;
  #queue: Redis | undefined;
  #closed: Promise<void> | undefined;

  constructor(open: (purpose: string, overrides: RedisOptions) => Redis, clock: Clock) {
    this.#open = (purpose, overrides) => {
      const client = open(purpose, overrides);
      this.#opened.add(client);
      return client;
    };
    this.#clock = clock;
    this.main = this.#open('main', { ...IMPATIENT, enableAutoPipelining: true });
    this.subscriber = this.#open('subscriber', IMPATIENT);
    this.#stopProbe = this.#startProbe(this.subscriber);
  }

  /** Shared by all queues of the process. */
  forQueue(): Redis {
    this.#queue ??= this.#open('queue', IMPATIENT);
    return this.#queue;
  }

  /** A new one per worker; BullMQ opens a second, blocking one beside it. */
  forWorker(): Redis {
    return this.#open('worker', { maxRetriesPerRequest: null, socketTimeout: WORKER_SOCKET_TIMEOUT_MS });
  }

  /** Closes one of `forWorker()` before the others. */
  async drop(client: Redis): Promise<void> {
    if (this.#opened.delete(client)) await this.#quit(client);
  }

  /** Lets commands that are under way finish for at most a second, then closes. Safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#stopProbe();
    await Promise.all([...this.#opened].map((client) => this.#quit(client)));
  }

  #quit(client: Redis): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        cancelTimer();
        client.disconnect();
        resolve();
      };
      const cancelTimer = this.#clock.after(QUIT_TIMEOUT_MS, finish);
      // Unless it is connected, there is nobody to say goodbye to.
      if (client.status === 'ready') client.quit().then(finish, finish);
      else finish();
    });
  }

  /** Without traffic of its own, `socketTimeout` needs something to wait for. */
  #startProbe(client: Redis): CancelTimer {
    return this.#clock.every(PROBE_MS, () => {
      if (client.status === 'ready') client.ping().catch(() => undefined); // the connection's own events tell
    });
  }
}

/** `socketTimeout` drops a connection on which a sent command stays unanswered, so that it is opened anew. */
const IMPATIENT: RedisOptions = { maxRetriesPerRequest: 10, commandTimeout: 5_000, socketTimeout: 6_000 };
/** The longest that BullMQ lets a blocking command wait is 10 s; a worker on a connection that is dead and never closed is idle for ever. */
const WORKER_SOCKET_TIMEOUT_MS = 12_000;
const PROBE_MS = 5_000;
const QUIT_TIMEOUT_MS = 1_000;
