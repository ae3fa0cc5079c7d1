/**
 * The keeper's first duty: tasks that are runnable in SQL but that nobody runs get a job again (R1, ARCHITECTURE §3).
 * Repairs a crash between commit and enqueue, and a Redis that lost its queues.
 *
 * Run by one keeper at a time: whoever holds the duty's lease. Losing Redis loses the lease, and any keeper resumes.
 */
import type { CancelTimer, Clock } from '../base/clock.js';
import { describeError } from '../base/errors.js';
import type { Logger } from '../observe/log.js';
import type { LeaseManager, TaskLease } from '../tasks/coordination.js';
import type { StepQueue } from '../tasks/step-queue.js';
import type { TaskRecord, TaskStore } from '../tasks/task-store.js';

export interface RecoverySweepOptions {
  readonly store: TaskStore;
  readonly leases: LeaseManager;
  readonly queue: StepQueue;
  readonly clock: Clock;
  readonly log: Logger;
}

export class RecoverySweep {
  readonly #options: RecoverySweepOptions;
  readonly #stopTimer: CancelTimer;
  #duty: TaskLease | undefined;
  #sweeping: Promise<void> | undefined;
  /** The last task that the sweep looked at, while more are behind it. */
  #position: TaskRecord | undefined;
  #failures = 0;

  constructor(options: RecoverySweepOptions) {
    this.#options = options;
    this.#stopTimer = options.clock.every(PERIOD_MS, () => {
      this.#sweeping ??= this.#tick().finally(() => {
        this.#sweeping = undefined;
      });
    });
  }

  async close(): Promise<void> {
    this.#stopTimer();
    await this.#sweeping;
    await this.#duty?.release();
    this.#duty = undefined;
  }

  async #tick(): Promise<void> {
    const { log } = this.#options;
    try {
      if (await this.#onDuty()) await this.#sweep();
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      if (this.#failures === 1) log.warn({ reason: describeError(error) }, 'the recovery sweep fails; it is tried every second');
    }
  }

  async #onDuty(): Promise<boolean> {
    if (this.#duty !== undefined && !this.#duty.lost.aborted) return true;
    this.#duty = undefined;
    const outcome = await this.#options.leases.acquire(DUTY);
    if (outcome.type === 'acquired') this.#duty = outcome.lease;
    return this.#duty !== undefined;
  }

  async #sweep(): Promise<void> {
    const { store, leases, queue, clock, log } = this.#options;
    const before = clock.now() - IDLE_MS;
    for (let page = 0; page < PAGES; page++) {
      const idle = await store.runnable(before, BATCH, this.#position);
      // Behind the last one it begins anew with the next sweep: long steps at the front must not hide what is behind them.
      this.#position = idle.length < BATCH ? undefined : idle.at(-1);
      const held = await leases.held(idle.map((task) => task.id));
      const orphans = idle.filter((task) => !held.has(task.id));
      // A task that still waits in the queue has a job of this id: adding it again changes nothing.
      await Promise.all(orphans.map((task) => queue.enqueue(task)));
      if (orphans.length > 0) log.debug({ tasks: orphans.length }, 'recovery sweep: runnable tasks without a worker were queued');
      if (this.#position === undefined) return;
    }
  }
}

const DUTY = 'keeper.recovery';
const PERIOD_MS = 1_000;
/** A task touched more recently is on its way through the queue. */
const IDLE_MS = 2_000;
const BATCH = 200;
/** Per tick: bounds the load of a sweep over a long backlog. */
const PAGES = 5;
