/**
 * Notices a worker that takes nothing while jobs wait, as seen after outages of Redis: its connection looks alive and never answers.
 *
 * Owns: when this worker last took a job. Does not own: what is done about it.
 * A worker with its hands full is at work, however long its steps take: jobs that wait then tell of load, not of a stall.
 */
import type { CancelTimer, Clock } from '../base/clock.js';

export interface IdleWatchOptions {
  /** `queue.stall_after_ms`: the cure is tried after half of it, before anybody else has to notice. */
  readonly stallAfterMs: number;
  readonly nextWaitingMs: () => Promise<number>;
  /** Whether this worker could run another job now. */
  readonly hasFreeHands: () => boolean;
  /** Told now and then while it could not. */
  readonly onBusy: () => void;
  readonly onStuck: (waitingMs: number) => void;
  readonly clock: Clock;
}

export class IdleWatch {
  readonly #options: IdleWatchOptions;
  readonly #patienceMs: number;
  readonly #stopTimer: CancelTimer;
  #tookAtMs: number;
  #suspicions = 0;
  #looking = false;

  constructor(options: IdleWatchOptions) {
    const { clock, stallAfterMs } = options;
    this.#options = options;
    this.#patienceMs = stallAfterMs / 2;
    this.#tookAtMs = clock.monotonic();
    this.#stopTimer = clock.every(stallAfterMs / LOOKS_PER_STALL, () => void this.#look());
  }

  /** A job was taken. */
  noteTaken(): void {
    this.#tookAtMs = this.#options.clock.monotonic();
    this.#suspicions = 0;
  }

  /** Safe to call twice. */
  stop(): void {
    this.#stopTimer();
  }

  async #look(): Promise<void> {
    if (!this.#options.hasFreeHands()) this.#options.onBusy();
    if (this.#looking) return;
    this.#looking = true;
    try {
      const waitingMs = await this.#options.nextWaitingMs();
      this.#judge(waitingMs);
    } catch {
      // Redis is away, which its connections say; nobody could take anything.
      this.#suspicions = 0;
    } finally {
      this.#looking = false;
    }
  }

  /** Twice in a row: after an outage jobs are old at once, and a sound worker is just about to take them. */
  #judge(waitingMs: number): void {
    const { clock, hasFreeHands, onStuck } = this.#options;
    const idleMs = clock.monotonic() - this.#tookAtMs;
    const isSuspect = waitingMs > this.#patienceMs && idleMs > this.#patienceMs && hasFreeHands();
    this.#suspicions = isSuspect ? this.#suspicions + 1 : 0;
    if (this.#suspicions < 2) return;
    // The cure gets as much time as the illness had.
    this.noteTaken();
    onStuck(waitingMs);
  }
}

const LOOKS_PER_STALL = 6;
