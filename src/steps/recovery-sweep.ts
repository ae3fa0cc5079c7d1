/**
 * The keeper's first duty: tasks that are runnable in SQL but that nobody runs get a job again (R1, ARCHITECTURE §3).
 *
 * Owns: where the sweep is in a long backlog, and what it saw there (`idle-runs.ts`). Does not own: what becomes of an orphan (`recovery-policy.ts`); safety is the epoch's (R3).
 * - A run that a worker has and that has no lease is an orphan: the worker died, or lost it and knows so. Looked for in every round;
 *   there are never more runs that a worker has than workers have hands.
 * - A run that nobody has waits in the queue, unless a crash came between commit and enqueue, or Redis lost its queues. Adding its
 *   job again changes nothing when it is there, but a backlog is long: looked for now and then, a part of it at a time. One that was
 *   written just now is on its way; which one that is, two looks tell, since the clock of whoever wrote it need not agree with ours.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../observe/log.js';
import type { LeaseManager } from '../tasks/coordination.js';
import type { RecoveryStore, RunInHands } from '../tasks/recovery-store.js';
import type { StepQueue } from '../tasks/step-queue.js';
import type { TaskRecord, TaskStore } from '../tasks/task-store.js';
import { IdleRuns } from './idle-runs.js';
import { KeeperDuty } from './keeper-duty.js';

export interface RecoverySweepOptions {
  readonly store: Pick<TaskStore, 'runnable'> & Pick<RecoveryStore, 'taken'>;
  readonly leases: LeaseManager;
  readonly queue: StepQueue & { takeOver(task: RunInHands): Promise<void> };
  readonly clock: Clock;
  readonly log: Logger;
}

export class RecoverySweep {
  readonly #options: RecoverySweepOptions;
  readonly #duty: KeeperDuty;
  #rounds = 0;
  /** The last waiting task that the sweep looked at, while more are behind it. */
  #position: TaskRecord | undefined;
  readonly #idle: IdleRuns;

  constructor(options: RecoverySweepOptions) {
    const { leases, clock, log } = options;
    this.#options = options;
    this.#idle = new IdleRuns({ idleMs: IDLE_MS, clock });
    const round = (signal: AbortSignal) => this.#round(signal);
    this.#duty = new KeeperDuty({ name: NAME, periodMs: PERIOD_MS, leases, clock, log, round });
  }

  close(): Promise<void> {
    return this.#duty.close();
  }

  async #round(signal: AbortSignal): Promise<void> {
    await this.#sweepTaken(signal);
    if (this.#rounds % ROUNDS_PER_WAITING_SWEEP === 0) await this.#sweepWaiting(signal);
    this.#rounds += 1;
  }

  async #sweepTaken(signal: AbortSignal): Promise<void> {
    const { store, leases, queue, log } = this.#options;
    let after: RunInHands | undefined;
    do {
      const runs = await store.taken(BATCH, after);
      const held = await leases.held(runs.map(({ id }) => id));
      const orphans = runs.filter(({ id }) => !held.has(id));
      await Promise.all(orphans.map((task) => queue.takeOver(task)));
      if (orphans.length > 0) log.debug({ tasks: orphans.length }, 'recovery sweep: runs of dead workers were queued');
      after = runs.length < BATCH ? undefined : runs.at(-1);
    } while (after !== undefined && !signal.aborted);
  }

  async #sweepWaiting(signal: AbortSignal): Promise<void> {
    const { store, queue, log } = this.#options;
    for (let page = 0; page < PAGES && !signal.aborted; page++) {
      const runs = await store.runnable(EVER, BATCH, this.#position);
      // Behind the last one it begins anew with the next sweep: a long backlog must not hide what is behind it.
      this.#position = runs.length < BATCH ? undefined : runs.at(-1);
      const idle = this.#idle.look(runs.filter(({ worker }) => worker === ''));
      await Promise.all(idle.map((task) => queue.enqueue(task)));
      if (idle.length > 0) log.debug({ tasks: idle.length }, 'recovery sweep: runnable tasks that nobody has were queued');
      if (this.#position !== undefined) continue;
      this.#idle.endPass();
      return;
    }
  }
}

const NAME = 'recovery';
const PERIOD_MS = 250;
const ROUNDS_PER_WAITING_SWEEP = 4;
/** A waiting task that changed meanwhile is on its way through the queue. Two sweeps, of which one may come a moment early. */
const IDLE_MS = PERIOD_MS * ROUNDS_PER_WAITING_SWEEP * 2 - 100;
const EVER = Number.MAX_SAFE_INTEGER;
const BATCH = 200;
/** Per sweep: bounds its load over a long backlog. */
const PAGES = 5;

/** What others tell of the sweep: its lease, and the longest until it finds a run whose worker died, or whose job was lost. */
export const RECOVERY_SWEEP = {
  lease: `keeper.${NAME}`,
  orphanMs: PERIOD_MS,
  lostJobMs: PERIOD_MS * ROUNDS_PER_WAITING_SWEEP * 3,
} as const;
