/** The two clocks of one simulated process: the wall clock is skewed, drifts and jumps, the monotonic one runs a little off. */
import type { CancelTimer, Clock } from '../../../src/base/clock.js';
import type { Owner, Scheduler } from './scheduler.js';
import { WORLD_STARTS_AT } from './virtual-globals.js';

export interface ProcessClockOptions {
  readonly owner: Owner;
  readonly scheduler: Scheduler;
  readonly skewMs: number;
  /** Of both clocks; 1 = true. */
  readonly rate: number;
}

export class ProcessClock implements Clock {
  readonly #options: ProcessClockOptions;
  readonly #bornAt: number;
  #skewMs: number;
  #suspendedMs = 0;

  constructor(options: ProcessClockOptions) {
    this.#options = options;
    this.#bornAt = options.scheduler.now;
    this.#skewMs = options.skewMs;
  }

  now(): number {
    const { scheduler, rate } = this.#options;
    return Math.floor(WORLD_STARTS_AT + scheduler.now * rate + this.#skewMs);
  }

  monotonic(): number {
    const { scheduler, rate } = this.#options;
    return (scheduler.now - this.#bornAt - this.#suspendedMs) * rate;
  }

  /** Somebody sets the wall clock. */
  jump(byMs: number): void {
    this.#skewMs += byMs;
  }

  /** The machine slept: the monotonic clock stood still, and timers with it. */
  suspended(forMs: number): void {
    this.#suspendedMs += forMs;
  }

  after(delayMs: number, run: () => void): CancelTimer {
    const due = this.monotonic() + Math.max(0, delayMs);
    const fire = () => {
      const early = due - this.monotonic();
      if (early > 1e-6) event = this.#schedule(early, fire);
      else run();
    };
    let event = this.#schedule(delayMs, fire);
    return () => {
      event.run = undefined;
    };
  }

  every(periodMs: number, run: () => void): CancelTimer {
    let cancel: CancelTimer = () => {};
    const again = () => {
      cancel = this.after(periodMs, () => {
        again();
        run();
      });
    };
    again();
    return () => cancel();
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.after(delayMs, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** A real timer is never early and often a little late. */
  #schedule(delayMs: number, run: () => void) {
    const { scheduler, owner, rate } = this.#options;
    const lateMs = scheduler.random.next();
    return scheduler.schedule(Math.max(0, delayMs) / rate + lateMs, run, { owner, kind: 'timer', settles: true });
  }
}
