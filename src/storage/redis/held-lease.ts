import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import type { RollMember } from '../../base/roll.js';
import type { TaskLease } from '../../tasks/coordination.js';

/** Until when a lease is ours, by both clocks (L1, L2 of `lease-manager.ts`). */
export interface LeaseDeadline {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** One lease as this process sees it. Made before the command that takes it is sent. */
export class HeldLease implements TaskLease, RollMember {
  /** Among those that are asked for, then among those that are held. */
  place = 0;
  readonly taskId: string;
  /** Unique per process and acquisition. */
  readonly token: string;
  readonly #usableMs: number;
  readonly #clock: Clock;
  readonly #onRelease: (lease: HeldLease) => Promise<void>;
  readonly #lost = new AbortController();
  #deadline: LeaseDeadline;
  #released: Promise<void> | undefined;

  constructor(taskId: string, token: string, leaseMs: number, clock: Clock, onRelease: (lease: HeldLease) => Promise<void>) {
    this.taskId = taskId;
    this.token = token;
    this.#usableMs = leaseMs * (1 - SAFETY_SHARE);
    this.#clock = clock;
    this.#onRelease = onRelease;
    this.#deadline = this.nextDeadline();
  }

  /** Looking is enough to notice an expiry after the process was stopped, even before any timer has run. */
  get lost(): AbortSignal {
    if (this.#released === undefined && this.isPastDeadline())
      this.abort(new AppError('TASK_LOST', { message: 'The lease of this task could not be renewed in time' }));
    return this.#lost.signal;
  }

  release(): Promise<void> {
    this.#released ??= this.#lost.signal.aborted ? Promise.resolve() : this.#onRelease(this);
    return this.#released;
  }

  abort(reason: AppError): void {
    this.#lost.abort(reason);
  }

  /** The deadline that a command sent now earns when it succeeds. */
  nextDeadline(): LeaseDeadline {
    return { monotonicMs: this.#clock.monotonic() + this.#usableMs, wallMs: this.#clock.now() + this.#usableMs };
  }

  extend(deadline: LeaseDeadline): void {
    this.#deadline = deadline;
  }

  remainingMs(): number {
    return Math.min(this.#deadline.monotonicMs - this.#clock.monotonic(), this.#deadline.wallMs - this.#clock.now());
  }

  isPastDeadline(): boolean {
    return this.remainingMs() <= 0;
  }
}

/** Part of the lease given up so that we stop before the server's clock lets another one in. */
const SAFETY_SHARE = 0.1;
